/**
 * Calls that end in every way there is. `GET /<name>?to=<port>&times=<n>` makes that call so often and answers when all are over, with
 * what its listeners saw: `[event, id of the request by AsyncLocalStorage, id of the request by reqlens]`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';

import { currentRequest } from 'reqlens';
import * as undici5 from 'undici-5';
import * as undici6 from 'undici-6';
import * as undici7 from 'undici-7';

const requests = new AsyncLocalStorage();
const seenOf = () => requests.getStore();

function see(event) {
  seenOf()?.seen.push([event, seenOf().id, currentRequest()?.requestId]);
}

/** Resolves when nothing more can come of it; looks on at every event. */
async function over(request, onResponse = (response) => response.resume()) {
  const { promise, resolve } = Promise.withResolvers();
  const store = seenOf();
  const noted = (event) => () => store?.seen.push([event, seenOf()?.id, currentRequest()?.requestId]);
  for (const event of ['socket', 'finish', 'error', 'timeout', 'continue', 'information', 'abort', 'close'])
    request.on(event, noted(event));
  request.on('close', resolve);
  request.on('response', (response) => {
    for (const event of ['end', 'error', 'close']) response.on(event, noted(`response ${event}`));
    response.on('data', noted('response data'));
    response.pause();
    noted('response')();
    onResponse(response, request);
  });
  await promise;
}

function sent(url, options) {
  const request = http.request(url, options);
  request.end();
  return request;
}

const ok = (action) => Promise.resolve(action).catch(() => see('rejection'));

function abortedWith(url, reason) {
  const controller = new AbortController();
  const open = ok(fetch(`${url}/silent`, { signal: controller.signal }));
  // fetch asks for its connection a little later.
  setTimeout(() => controller.abort(reason), 20);
  return open;
}

const endings = {
  answered: (url) => over(sent(url)),
  'no agent': (url) => over(sent(url, { agent: false })),
  informed: (url) => over(sent(`${url}/informed`)),
  'never read': (url) =>
    over(sent(url, { agent: false }), (response, request) => setImmediate(() => request.destroy())),
  'destroyed at once': (url) => {
    const request = http.request(url);
    request.destroy();
    return over(request);
  },
  'destroyed after the head': (url) => over(sent(`${url}/open`), (response) => response.destroy()),
  'destroyed with an error': (url) =>
    over(sent(`${url}/open`), (response, request) => request.destroy(new Error('enough'))),
  aborted: (url) => {
    const request = sent(`${url}/silent`);
    request.on('socket', () => request.abort());
    return over(request);
  },
  'aborted after the head': (url) => over(sent(`${url}/open`), (response, request) => request.abort()),
  'aborted by a signal': (url) => {
    const controller = new AbortController();
    const request = sent(`${url}/silent`, { signal: controller.signal });
    request.on('socket', () => controller.abort());
    return over(request);
  },
  'timed out': (url) => {
    const request = sent(`${url}/silent`, { timeout: 20 });
    request.on('timeout', () => request.destroy());
    return over(request);
  },
  'hung up': (url) => over(sent(`${url}/hangup`)),
  'cut off': (url) => over(sent(`${url}/cut`)),
  'never ended': (url) => {
    const request = http.request(`${url}/hangup`, { method: 'POST' });
    request.flushHeaders();
    return over(request);
  },
  upgraded: (url) => {
    const request = sent(`${url}/upgrade`, { headers: { connection: 'upgrade', upgrade: 'shop' } });
    request.on('upgrade', (response, socket) => {
      see('upgrade');
      socket.destroy();
    });
    return over(request);
  },
  'upgrade refused': (url) => over(sent(url, { headers: { connection: 'upgrade', upgrade: 'shop' } })),
  connected: (url) => {
    const request = sent(url, { method: 'CONNECT', path: 'far.example:443' });
    request.on('connect', (response, socket) => {
      see('connect');
      socket.destroy();
    });
    return over(request);
  },
  'queued and destroyed': async (url) => {
    const agent = new http.Agent({ maxSockets: 1 });
    const first = sent(`${url}/silent`, { agent });
    const second = http.request(url, { agent });
    second.end();
    const both = Promise.all([over(first), over(second)]);
    second.destroy();
    first.destroy();
    await both;
    agent.destroy();
  },
  'kept, then dead': async (url) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await over(sent(url, { agent }));
    await over(sent(`${url}/hangup`, { agent }));
    agent.destroy();
  },
  fetched: async (url) => (await fetch(url)).text(),
  'fetched and cancelled': async (url) => (await fetch(`${url}/open`)).body.cancel(),
  'fetch given up': (url) => ok(fetch(`${url}/silent`, { signal: AbortSignal.timeout(20) })),
  'fetch given up for what has no text': (url) => abortedWith(url, Object.create(null)),
  'fetch given up for an error whose code has no text': (url) =>
    abortedWith(url, Object.assign(new Error('enough'), { code: Object.create(null) })),
  'fetch given up for an error that cannot be read': (url) =>
    abortedWith(
      url,
      new Proxy(new Error('enough'), {
        get: () => {
          throw new Error('unreadable');
        },
      }),
    ),
  'destroyed with what has no text': (url) => {
    const request = sent(`${url}/silent`);
    request.on('socket', () => request.destroy(Object.create(null)));
    return over(request);
  },
  'fetch hung up': (url) => ok(fetch(`${url}/hangup`)),
  'fetch redirected': async (url) => (await fetch(`${url}/redirect`)).text(),
};

for (const [version, undici] of Object.entries({ 5: undici5, 6: undici6, 7: undici7 })) {
  const name = (ending) => `undici ${version}: ${ending}`;
  const client = (url, options) => new undici.Client(new URL(url).origin, options);
  Object.assign(endings, {
    [name('answered')]: async (url) => (await undici.request(url)).body.text(),
    [name('destroyed body')]: async (url) => {
      const { body } = await undici.request(`${url}/open`);
      body.on('error', () => undefined).destroy();
    },
    [name('hung up')]: (url) => ok(undici.request(`${url}/hangup`)),
    [name('cut off')]: (url) => ok(undici.request(`${url}/cut`).then(({ body }) => body.text())),
    [name('timed out')]: async (url) => {
      const owned = client(url, { headersTimeout: 1 });
      await ok(owned.request({ path: `${new URL(url).pathname}/silent`, method: 'GET', headersTimeout: 1 }));
      await owned.destroy();
    },
    [name('client destroyed')]: async (url) => {
      const owned = client(url);
      const open = ok(owned.request({ path: `${new URL(url).pathname}/silent`, method: 'GET' }));
      await owned.destroy();
      await open;
    },
    [name('upgraded')]: async (url) => {
      const owned = client(url);
      const { socket } = await owned.upgrade({ path: `${new URL(url).pathname}/upgrade`, protocol: 'shop' });
      socket.destroy();
      await owned.destroy();
    },
    [name('connected')]: async (url) => {
      const owned = client(url);
      const { socket } = await owned.connect({ path: 'far.example:443' });
      socket.destroy();
      await owned.destroy();
    },
  });
}

/** One connection for all: what waits for it leaves while somebody else's answer is read. */
const pools = {};

async function pooled({ version, to }) {
  const undici = { 5: undici5, 6: undici6, 7: undici7 }[version];
  const pool = (pools[version] ??= new undici.Pool(`http://127.0.0.1:${to}`, { connections: 1 }));
  return (await pool.request({ path: '/echo', method: 'GET' })).body.text();
}

const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const path = decodeURIComponent(pathname.slice(1));
  const to = searchParams.get('to');
  if (path === 'endings') return response.end(JSON.stringify(Object.keys(endings)));
  if (path === 'pooled') return response.end(await pooled({ version: searchParams.get('version'), to }));
  if (path === 'left') {
    sent(`http://127.0.0.1:${to}/silent`).on('error', () => undefined);
    fetch(`http://127.0.0.1:${to}/silent`).catch(() => undefined);
    // fetch asks for its connection a little later.
    await new Promise((resolve) => setImmediate(resolve));
    return response.end();
  }
  if (path === 'memory') {
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return response.end(String(process.memoryUsage().heapUsed));
  }
  const store = { id: currentRequest()?.requestId, seen: [] };
  const url = `http://127.0.0.1:${to}/${pathname.slice(1)}`;
  for (let time = 0; time < Number(searchParams.get('times') ?? 1); time += 1)
    await requests.run(store, endings[path], url).catch((error) => see(`rejection: ${error.message}`));
  return response.end(JSON.stringify(store.seen));
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
