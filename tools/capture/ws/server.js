// server.js MODE PORT — WebSocket servers of the captures, with the `ws` package.
//
// echo         sends back what it gets          collector    answers "ok", nothing else
// shell        after the first message sends a line of (harmless) script, which nobody runs
// remote       sends commands one by one, each after an answer; nobody runs them
// terminal     answers as the shell behind a console in a browser
// hmr          a development server's hot reload  chat        repeats to the sender with a number
'use strict';
const { WebSocketServer } = require('ws');

const [mode, port, deflate] = process.argv.slice(2);
const pmd = {
	none: false,
	takeover: { threshold: 0 },
	fresh: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
}[deflate || 'none'];
const server = new WebSocketServer({
	host: '0.0.0.0', port: Number(port), perMessageDeflate: pmd,
	handleProtocols: (protocols) => [...protocols][0] || false,
});

server.on('connection', (s) => {
	let n = 0;
	if (mode === 'hmr')
		s.send(JSON.stringify({ type: 'connected' }));
	s.on('message', (data, binary) => {
		n++;
		if (mode === 'echo')
			s.send(data, { binary });
		else if (mode === 'collector')
			s.send('ok');
		else if (mode === 'shell')
			s.send(n === 1 ? "return require('os').hostname() /* inert: nobody runs this */" : 'ok');
		else if (mode === 'remote')
			s.send(['whoami', 'id', '{"cmd":"uname -a"}'][n - 1] || 'bye');
		else if (mode === 'terminal')
			s.send('uid=1001(inert) gid=1001(inert) groups=1001(inert)\r\n$ ');
		else if (mode === 'hmr')
			s.send(JSON.stringify({ type: 'update', updates: [{ type: 'js-update', path: '/src/app.js', acceptedPath: '/src/app.js', timestamp: n }] }));
		else
			s.send(JSON.stringify({ n, from: 'room', text: data.toString() }));
	});
});
