/**
 * Servers whose answers the test dictates, to see what becomes of their heads. Prints the ports of, in order: plain, strict
 * (short time-outs, one request per connection), own clientError listener, upgrade, express, fastify, koa, hono.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import fastifyCors from '@fastify/cors';
import cors from 'cors';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { cors as honoCors } from 'hono/cors';
import Koa from 'koa';

process.on('uncaughtException', () => {});

/** `x-set`, `x-status`, `x-head` and `x-reason` say (in JSON) what is set on the response and what is passed to writeHead. */
function answer(request, response) {
  const said = (name) => (request.headers[name] === undefined ? undefined : JSON.parse(request.headers[name]));
  for (const [name, value] of Object.entries(said('x-set') ?? {})) response.setHeader(name, value);
  const head = said('x-head');
  const reason = said('x-reason');
  const status = said('x-status') ?? 200;
  if (reason !== undefined) response.writeHead(status, reason, head);
  else if (head !== undefined) response.writeHead(status, head);
  else response.statusCode = status;
  response.end(request.method === 'HEAD' ? undefined : 'answered');
}

const deeds = {
  '/answer': answer,
  '/flush': (request, response) => {
    response.flushHeaders();
    setImmediate(() => response.end('flushed'));
  },
  '/continue': (request, response) => {
    response.writeContinue();
    response.end('continued');
  },
  '/processing': (request, response) => {
    response.writeProcessing();
    response.end('processed');
  },
  '/hints': (request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    response.end('hinted');
  },
  '/write': (request, response) => {
    response.write('one');
    response.end('two');
  },
  '/slow': (request, response) => setImmediate(() => setImmediate(() => response.end('slow'))),
  '/setHeaders': (request, response) => {
    response.setHeaders(new Headers({ 'x-first': '1', 'x-request-id': 'own-id' }));
    response.end('set');
  },
  '/append': (request, response) => {
    response.appendHeader('X-Request-ID', 'own-1').appendHeader('X-Request-ID', 'own-2').end('appended');
  },
  '/twice': (request, response) => {
    response.writeHead(200);
    try {
      response.writeHead(500);
    } catch (error) {
      response.end(error.code);
    }
  },
  '/undefined': (request, response) => {
    response.writeHead(200, undefined, { 'x-own': 'third' });
    response.end('third');
  },
  '/chained': (request, response) => response.writeHead(200, { 'x-own': '1' }).end('chained'),
  '/refused': (request, response) => {
    try {
      response.writeHead(200, { 'x-bad': 'line\r\nx-injected: 1' });
    } catch (error) {
      response.statusCode = 500;
      response.end(error.code);
    }
  },
  '/abort': (request, response) => {
    response.write('begun');
    setImmediate(() => response.destroy());
  },
  '/body': async (request, response) => {
    for await (const chunk of request) response.write(chunk);
    response.end();
  },
  '/hold': () => {},
  '/headOnly': (request, response) => response.writeHead(200),
};

const missing = (request, response) => {
  response.statusCode = 404;
  response.end('missing');
};
const handle = (request, response) => (deeds[request.url] ?? missing)(request, response);

const plain = createServer(handle);
const strict = createServer({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 }, handle);
strict.maxRequestsPerSocket = 1;
const ownErrors = createServer(handle);
ownErrors.on('clientError', (error, socket) => socket.end(`HTTP/1.1 400 Mine\r\nX-Code: ${error.code}\r\n\r\n`));

const upgrading = createServer(handle);
upgrading.on('upgrade', (request, socket, head) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
  const seen = JSON.stringify(request.headers);
  const listeners = ['data', 'close'].map((event) => socket.listenerCount(event));
  socket.end(`${seen} ${head.toString()} listeners ${listeners.join()}`);
});
upgrading.on('connect', (request, socket) =>
  socket.end(`HTTP/1.1 200 Tunnel\r\n\r\n${JSON.stringify(request.headers)}`),
);

function fails() {
  throw new Error('the handler threw');
}
const rejects = async () => fails();

const withExpress = express();
withExpress.set('env', 'test');
withExpress.get('/ok', (request, response) => response.send('ok'));
withExpress.get('/json', (request, response) => response.status(201).json({ a: 1 }));
withExpress.get('/throw', fails);
withExpress.get('/reject', rejects);
withExpress.use('/cors', cors({ origin: 'https://page.example', exposedHeaders: ['X-Total', 'ETag'] }));
withExpress.use('/open', cors());
withExpress.use(['/cors', '/open'], (request, response) => response.send('shared'));
withExpress.get('/overwritten', cors({ exposedHeaders: 'X-Total' }), (request, response) => {
  response.set('Access-Control-Expose-Headers', 'X-Late');
  response.send('late');
});

const withFastify = fastify();
await withFastify.register(async (scope) => {
  await scope.register(fastifyCors, { origin: 'https://page.example', exposedHeaders: ['X-Total', 'ETag'] });
  scope.get('/cors', async () => 'shared');
});
withFastify.get('/ok', async () => 'ok');
withFastify.get('/json', async (request, reply) => reply.code(201).send({ a: 1 }));
withFastify.get('/throw', fails);
withFastify.get('/reject', rejects);

const withKoa = new Koa();
withKoa.silent = true;
withKoa.use(async (ctx) => {
  if (ctx.path === '/throw' || ctx.path === '/reject') fails();
  if (ctx.path === '/json') ctx.status = 201;
  if (ctx.path === '/json') ctx.body = { a: 1 };
  if (ctx.path === '/ok') ctx.body = 'ok';
  if (ctx.path !== '/cors') return;
  ctx.set({ 'Access-Control-Allow-Origin': 'https://page.example', 'Access-Control-Expose-Headers': 'X-Total,ETag' });
  ctx.body = 'shared';
});

const withHono = new Hono();
withHono.use('/cors', honoCors({ origin: 'https://page.example', exposeHeaders: ['X-Total', 'ETag'] }));
withHono.get('/cors', (c) => c.text('shared'));
withHono.get('/ok', (c) => c.text('ok'));
withHono.get('/json', (c) => c.json({ a: 1 }, 201));
withHono.get('/throw', fails);
withHono.get('/reject', rejects);
withHono.onError((error, c) => c.text('failed', 500));

/** The essence of @hono/node-server. */
async function toHono(request, response) {
  const url = `http://${request.headers.host}${request.url}`;
  const result = await withHono.fetch(new Request(url, { method: request.method, headers: request.headers }));
  response.writeHead(result.status, Object.fromEntries(result.headers));
  response.end(Buffer.from(await result.arrayBuffer()));
}

await withFastify.ready();
const koaServer = createServer(withKoa.callback());
const servers = [plain, strict, ownErrors, upgrading, createServer(withExpress), withFastify.server, koaServer];
servers.push(createServer(toHono));
for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
console.log(`listening ${servers.map((server) => server.address().port).join(' ')}`);
