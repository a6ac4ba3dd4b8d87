// client.js URL OPTIONS FILE... — sends each file as one message and waits for an answer to each, with the `ws` package.
//
// OPTIONS  JSON: deflate (none, takeover, fresh), origin, agent, protocol, binary, fragments (frames per message),
//          ping (a ping between fragments), quiet (do not wait for answers), extra (messages to send after the answers)
'use strict';
const fs = require('fs');
const WebSocket = require('ws');

const [url, json, ...files] = process.argv.slice(2);
const o = JSON.parse(json || '{}');
const headers = o.agent ? { 'User-Agent': o.agent } : {};
let masks = 0x1f2e3d4c;
const pmd = {
	none: false,
	takeover: { threshold: 0 },
	fresh: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
}[o.deflate || 'none'];
const s = new WebSocket(url, o.protocol ? [o.protocol] : [], {
	perMessageDeflate: pmd, origin: o.origin, headers,
	// Masks must be hard to guess in real life; here they must be the same every time.
	generateMask: (m) => { masks = (Math.imul(masks, 1664525) + 1013904223) >>> 0; m.writeUInt32BE(masks); },
});
const queue = files.map((f) => fs.readFileSync(f)).concat((o.extra || []).map((t) => Buffer.from(t)));

function sendWhole(data) {
	s.send(data, { binary: !!o.binary, compress: !!pmd });
}
function sendParts(data) {
	const step = Math.ceil(data.length / o.fragments);
	for (let at = 0; at < data.length; at += step) {
		s.send(data.subarray(at, at + step), { binary: !!o.binary, compress: !!pmd, fin: at + step >= data.length });
		if (o.ping && at === 0)
			s.ping('inert');
	}
}
function next() {
	const data = queue.shift();
	if (!data) {
		s.close(1000, 'done');
		return;
	}
	if (o.fragments)
		sendParts(data);
	else
		sendWhole(data);
	if (o.quiet)
		setTimeout(next, 30);
}
s.on('open', next);
s.on('message', () => { if (!o.quiet) setTimeout(next, 10); });
s.on('error', (e) => { console.error(e.message); process.exit(1); });
s.on('close', () => process.exit(0));
