/**
 * Makes calls for test/http/outgoing-parity.test.ts: `GET /<name of the call>?to=<port of the target>` answers when the call is over.
 * Each call goes to a path that begins with its name.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import { request as undiciRequest, Client } from 'undici-7';

/** Resolves when nothing more can come of the request. */
async function over(request) {
  const { promise, resolve } = Promise.withResolvers();
  request.on('error', () => {}).on('close', resolve);
  request.on('response', (response) => response.on('error', () => {}).resume());
  await promise;
}

function sent(url, options, body) {
  const request = http.request(url, options);
  request.end(body);
  return over(request);
}

const calls = {
  get: (url) => sent(url),
  query: (url) => sent(`${url}?id=1&name=a%20b`),
  'query with secrets': (url) => sent(`${url}?id=1&sig=secret`),
  /** Its path begins with two slashes, and reads like a host. */
  doubled: (url) => sent(`${url.replace(/(\d)\//, '$1//')}/page?id=1&name=a%20b`),
  'empty query': (url) => sent(`${url}?`),
  agent: (url) => sent(url, { headers: { 'user-agent': 'shop/1' } }),
  post: (url) => sent(url, { method: 'POST' }, 'the body'),
  head: (url) => sent(url, { method: 'HEAD' }),
  'own method': (url) => sent(url, { method: 'PURGE' }),
  'options alone': (url) => {
    const { hostname, port, pathname } = new URL(url);
    return sent({ hostname, port, path: pathname });
  },
  'URL object': (url) => sent(new URL(url)),
  status: async (url) => {
    for (const status of [201, 204, 302, 304, 400, 404, 418, 500, 503]) await sent(`${url}/${status}`);
  },
  chunked: (url) => sent(`${url}/chunked`),
  informed: (url) => sent(`${url}/informed`),
  kept: async (url) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await Promise.all([sent(url, { agent }), sent(url, { agent })]);
    agent.destroy();
  },
  refused: async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    await once(server.close(), 'close');
    await sent(`http://127.0.0.1:${port}/refused`);
  },
  'hung up': (url) => sent(`${url}/hangup`),
  'cut off': (url) => sent(`${url}/cut`),
  'no HTTP': (url) => sent(`${url}/nonsense`),
  destroyed: async (url) => {
    const request = http.request(`${url}/silent`);
    request.on('socket', () => request.destroy(new RangeError('no longer wanted')));
    request.end();
    await over(request);
  },
  'timed out': async (url) => {
    const request = http.request(`${url}/silent`, { timeout: 50 });
    request.on('timeout', () => request.destroy(new Error('too slow')));
    request.end();
    await over(request);
  },
  fetched: async (url) => (await fetch(url)).text(),
  'fetched with a query': async (url) => (await fetch(`${url}?id=1&name=a%20b`)).text(),
  'fetched with an agent': async (url) => (await fetch(url, { headers: { 'User-Agent': 'shop/1' } })).text(),
  'fetched post': async (url) => (await fetch(url, { method: 'POST', body: 'the body' })).text(),
  'fetched own method': async (url) => (await fetch(url, { method: 'PURGE' })).text(),
  'fetched status': async (url) => {
    for (const status of [201, 204, 304, 400, 404, 500, 503]) await (await fetch(`${url}/${status}`)).text();
  },
  'fetched twice over': async (url) => (await fetch(`${url}/redirect`)).text(),
  'fetched and cut': async (url) => (await fetch(`${url}/cut`)).text(),
  'fetched hung up': async (url) => fetch(`${url}/hangup`),
  'fetched and given up': async (url) => {
    const controller = new AbortController();
    const giveUp = () => setImmediate(() => controller.abort());
    subscribe('undici:client:sendHeaders', giveUp);
    await fetch(`${url}/silent`, { signal: controller.signal }).finally(() =>
      unsubscribe('undici:client:sendHeaders', giveUp),
    );
  },
  'undici request': async (url) => (await undiciRequest(url)).body.text(),
  'undici client': async (url) => {
    const client = new Client(new URL(url).origin);
    await (await client.request({ path: new URL(url).pathname, method: 'GET' })).body.text();
    await client.close();
  },
};

const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/calls') return response.end(JSON.stringify(Object.keys(calls)));
  const name = decodeURIComponent(pathname.slice(1));
  const url = `http://127.0.0.1:${searchParams.get('to')}/${pathname.slice(1)}`;
  // What fails is compared as the spans tell it.
  await Promise.resolve(calls[name](url)).catch(() => undefined);
  return response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
