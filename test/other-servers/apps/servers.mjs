/**
 * HTTP/1.1 on everything that speaks it. Prints `listening`, one port for each name of `names`, and the path of the Unix domain socket on
 * a line of its own. Every handler answers with the id that it sees in the headers, and `currentRequest()`, and logs.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { Worker } from 'node:worker_threads';

import { currentRequest, getLogger } from 'reqlens';

const certificate = { key: readFileSync(process.env.TEST_KEY), cert: readFileSync(process.env.TEST_CERT) };
const log = getLogger('servers');

function handle(request, response) {
  log.info({ path: request.url }, 'handled');
  const seen = { header: request.headers['x-request-id'], current: currentRequest()?.requestId };
  setTimeout(() => response.end(JSON.stringify({ ...seen, later: currentRequest()?.requestId })), 1);
}

/** Hands connections to a server that listens nowhere. */
const inner = http.createServer(handle);
const outer = net.createServer((socket) => inner.emit('connection', socket));

const servers = {
  http: http.createServer(handle),
  https: https.createServer(certificate, handle),
  http2: http2.createSecureServer({ ...certificate, allowHTTP1: true }, handle),
  early: globalThis.madeBeforeThePreload.on('request', handle),
  handed: outer,
};

const ports = [];
for (const server of Object.values(servers)) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ports.push(server.address().port);
}
const local = http.createServer(handle).listen(process.env.TEST_SOCKET);
await once(local, 'listening');
const worker = new Worker(new URL('worker.mjs', import.meta.url));
ports.push((await once(worker, 'message'))[0]);
console.log(`listening ${ports.join(' ')}`);
