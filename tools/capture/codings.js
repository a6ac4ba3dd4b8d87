// codings.js ADDRESS PORT — an HTTP server that sends one text in the content coding its path names.
'use strict';
const http = require('http');
const zlib = require('zlib');

const text = Array.from({ length: 300 }, (_, i) => `line ${i} of a text that compresses well\n`).join('');
const as = {
	'/br': ['br', zlib.brotliCompressSync(text)],
	'/br-chunked': ['br', zlib.brotliCompressSync(text), true],
	'/gzip': ['gzip', zlib.gzipSync(text)],
	'/deflate': ['deflate', zlib.deflateSync(text)],
	'/deflate-raw': ['deflate', zlib.deflateRawSync(text)],
	'/gzip-br': ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(text))],
};
const [address, port] = process.argv.slice(2);
http.createServer((q, a) => {
	const [coding, body, chunked] = as[q.url] || ['identity', Buffer.from(text)];
	a.sendDate = false;
	a.setHeader('Content-Type', 'text/plain');
	a.setHeader('Content-Encoding', coding);
	if (!chunked) {
		a.setHeader('Content-Length', body.length);
		a.end(body);
		return;
	}
	for (let at = 0; at < body.length; at += 100)
		a.write(body.subarray(at, at + 100));
	a.end();
}).listen(Number(port), address);
