/** Every way of making a request and every form of its headers: each takes a list of pairs and a target, and says what came of it. */
import http from 'node:http';
import https from 'node:https';
import { Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

const objectForms = {
  object: (pairs) => Object.fromEntries(pairs),
  'null prototype': (pairs) => Object.assign(Object.create(null), Object.fromEntries(pairs)),
  frozen: (pairs) => Object.freeze(Object.fromEntries(pairs)),
  getters: (pairs) => {
    const headers = {};
    for (const [name, value] of pairs) Object.defineProperty(headers, name, { enumerable: true, get: () => value });
    return headers;
  },
  'with symbols': (pairs) => ({ ...Object.fromEntries(pairs), [Symbol('of the application')]: 'unseen' }),
  proxied: (pairs) => new Proxy(Object.fromEntries(pairs), {}),
};

function* eachOf(pairs) {
  yield* pairs;
}

/** Headers as `http.request` takes them. */
const httpForms = {
  ...objectForms,
  inherited: (pairs) => Object.create(Object.fromEntries(pairs)),
  'array values': (pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, [value]])),
  list: (pairs) => pairs.flat(),
  'frozen list': (pairs) => Object.freeze(pairs.flat()),
  'list of pairs': (pairs) => pairs,
  'list with Expect': (pairs) => ['Host', 'example.test', 'Expect', '100-continue', ...pairs.flat()],
  'object with Expect': (pairs) => ({ Expect: '100-continue', ...Object.fromEntries(pairs) }),
  Headers: (pairs) => new Headers(pairs),
  Map: (pairs) => new Map(pairs),
  nothing: () => undefined,
  null: () => null,
};

/** Headers as `fetch` takes them. */
const fetchForms = {
  ...objectForms,
  Headers: (pairs) => new Headers(pairs),
  Map: (pairs) => new Map(pairs),
  'list of pairs': (pairs) => pairs,
  generator: (pairs) => eachOf(pairs),
};

/** Headers as undici's own functions take them. */
const undiciForms = {
  ...objectForms,
  list: (pairs) => pairs.flat(),
  'frozen list': (pairs) => Object.freeze(pairs.flat()),
  Headers: (pairs) => new Headers(pairs),
  Map: (pairs) => new Map(pairs),
  'array values': (pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, [value]])),
};

async function answered(request) {
  const { promise, resolve, reject } = Promise.withResolvers();
  request.on('response', resolve).on('error', reject);
  const response = await promise;
  return `${response.statusCode} ${await text(response)}`;
}

function ended(request, body) {
  request.end(body);
  return answered(request);
}

/** Sets them on the request once it is made. */
const httpSetters = {
  setHeader: (request, pairs) => {
    for (const [name, value] of pairs) request.setHeader(name, value);
  },
  'setHeaders with a Map': (request, pairs) => request.setHeaders(new Map(pairs)),
  'setHeaders with Headers': (request, pairs) => request.setHeaders(new Headers(pairs)),
};

const httpWays = {};
for (const [form, headers] of Object.entries(httpForms)) {
  httpWays[`http.request, ${form}`] = (pairs, { url }) => ended(http.request(url, { headers: headers(pairs) }));
  httpWays[`https.request, ${form}`] = (pairs, { secureUrl }) =>
    ended(https.request(secureUrl, { headers: headers(pairs), rejectUnauthorized: false, agent: false }));
  httpWays[`http.request with a body, ${form}`] = (pairs, { url }) =>
    ended(http.request(url, { method: 'post', headers: headers(pairs) }), 'the body');
}
for (const [setter, set] of Object.entries(httpSetters)) {
  httpWays[`http.request, ${setter}`] = (pairs, { url }) => {
    const request = http.request(url);
    set(request, pairs);
    return ended(request);
  };
}

const some = (pairs) => ({ headers: Object.fromEntries(pairs) });
const otherHttpWays = {
  'http.get': (pairs, { url }) => answered(http.get(url, some(pairs))),
  'new ClientRequest': (pairs, { url }) => ended(new http.ClientRequest(url, some(pairs))),
  'options alone': (pairs, { host, port }) => ended(http.request({ host, port, path: '/alone?a=1', ...some(pairs) })),
  'a URL object': (pairs, { url }) => ended(http.request(new URL('/of/url', url), some(pairs))),
  'frozen options': (pairs, { host, port }) => ended(http.request(Object.freeze({ host, port, ...some(pairs) }))),
  'inherited options': (pairs, { host, port }) =>
    ended(
      http.request(
        Object.assign(Object.create({ method: 'DELETE', path: '/inherited' }), { host, port, ...some(pairs) }),
      ),
    ),
  'options with getters': (pairs, { host, port }) =>
    ended(
      http.request({
        host,
        port,
        get headers() {
          return Object.fromEntries(pairs);
        },
      }),
    ),
  'no agent': (pairs, { url }) => ended(http.request(url, { agent: false, ...some(pairs) })),
  'an agent that keeps connections': async (pairs, { url }) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const all = await Promise.all([1, 2, 3].map(() => ended(http.request(url, { agent, ...some(pairs) }))));
    agent.destroy();
    return all.join();
  },
  'Host of its own': (pairs, { url }) =>
    ended(http.request(url, { headers: { Host: 'shop.example', ...Object.fromEntries(pairs) } })),
  auth: (pairs, { url }) => ended(http.request(url, { auth: 'user:secret', ...some(pairs) })),
  'no default headers': (pairs, { url }) => ended(http.request(url, { setDefaultHeaders: false, ...some(pairs) })),
  'a method of lower case': (pairs, { url }) => ended(http.request(url, { method: 'delete', ...some(pairs) })),
  'a method of its own': (pairs, { url }) => ended(http.request(url, { method: 'PURGE', ...some(pairs) })),
  'an absolute path': (pairs, { host, port }) =>
    ended(http.request({ host, port, path: 'http://far.example/page?sig=secret&a=1', ...some(pairs) })),
  'an absolute path of the own network': (pairs, { host, port }) =>
    ended(http.request({ host, port, path: 'http://stock.internal/page?a=1', ...some(pairs) })),
  'a path with two slashes': (pairs, { url }) => ended(http.request(`${url}/far.example/page?a=1`, some(pairs))),
  'written in parts': (pairs, { url }) => {
    const request = http.request(url, { method: 'PUT', ...some(pairs) });
    request.write('one');
    request.write(Buffer.from('two'));
    return ended(request);
  },
  'with trailers': (pairs, { url }) => {
    const request = http.request(url, {
      method: 'PUT',
      headers: { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked', ...Object.fromEntries(pairs) },
    });
    request.write('one');
    request.addTrailers({ 'X-Sum': '1' });
    return ended(request);
  },
  'flushed at once': (pairs, { url }) => {
    const request = http.request(url, some(pairs));
    request.flushHeaders();
    return ended(request);
  },
  'raw headers handed on': (pairs, { url }) =>
    ended(http.request(url, { headers: ['Host', 'first.example', 'X-Twice', '1', 'x-twice', '2', ...pairs.flat()] })),
  'a method that is none': (pairs, { url }) => refused(() => http.request(url, { method: 7, ...some(pairs) })),
  'an illegal method': (pairs, { url }) => refused(() => http.request(url, { method: 'A B', ...some(pairs) })),
  'an illegal path': (pairs, { url }) => refused(() => http.request(url, { path: '/a b', ...some(pairs) })),
  'an illegal header': (pairs, { url }) => refused(() => http.request(url, { headers: { 'X-A': 'a\nb' } })),
  'a list of odd length': (pairs, { url }) => refused(() => http.request(url, { headers: ['X-A'] })),
  'a protocol of https': (pairs, { secureUrl }) => refused(() => http.request(secureUrl, some(pairs))),
  'no url': () => refused(() => http.request('no url')),
};

/** The error as its thrower sees it. */
function refused(action) {
  try {
    action()
      .on('error', () => {})
      .destroy();
    return 'accepted';
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
}

const fetchWays = {};
for (const [form, headers] of Object.entries(fetchForms)) {
  fetchWays[`fetch, ${form}`] = async (pairs, { url }) => (await fetch(url, { headers: headers(pairs) })).text();
  fetchWays[`fetch with a body, ${form}`] = async (pairs, { url }) =>
    (await fetch(url, { method: 'POST', body: 'the body', headers: headers(pairs) })).text();
}
Object.assign(fetchWays, {
  'fetch of a Request': async (pairs, { url }) => (await fetch(new Request(url, some(pairs)))).text(),
  'fetch of a path with two slashes': async (pairs, { url }) =>
    (await fetch(`${url}/far.example/page?a=1`, some(pairs))).text(),
  'fetch that is redirected': async (pairs, { url }) => (await fetch(`${url}redirect`, some(pairs))).text(),
  'fetch of a method of its own': async (pairs, { url }) =>
    (await fetch(url, { method: 'purge', ...some(pairs) })).text(),
});

function undiciWays(version, undici) {
  const ways = {};
  const name = (way) => `undici ${version} ${way}`;
  for (const [form, headers] of Object.entries(undiciForms)) {
    // Version 5 knows no iterables.
    if (version === 5 && (form === 'Headers' || form === 'Map')) continue;
    ways[name(`request, ${form}`)] = async (pairs, { url }) =>
      (await undici.request(url, { headers: headers(pairs) })).body.text();
  }
  return Object.assign(ways, {
    [name('request with a body')]: async (pairs, { url }) =>
      (await undici.request(url, { method: 'POST', body: 'the body', ...some(pairs) })).body.text(),
    [name('fetch')]: async (pairs, { url }) => (await undici.fetch(url, some(pairs))).text(),
    [name('stream')]: async (pairs, { url }) => {
      const chunks = [];
      const take = () => new Writable({ write: (chunk, encoding, done) => done(void chunks.push(chunk)) });
      await undici.stream(url, some(pairs), take);
      return Buffer.concat(chunks).toString();
    },
    [name('pipeline')]: async (pairs, { url }) => {
      const options = { method: 'PUT', ...some(pairs) };
      const through = undici.pipeline(url, options, ({ body }) => body);
      return (await buffer(Readable.from(['the body']).pipe(through))).toString();
    },
    [name('Client.request')]: async (pairs, { url }) => {
      const client = new undici.Client(new URL(url).origin);
      const answer = await (await client.request({ path: '/client', method: 'GET', ...some(pairs) })).body.text();
      await client.close();
      return answer;
    },
    [name('to a plain proxy')]: async (pairs, { url }) => {
      const client = new undici.Client(new URL(url).origin);
      const path = 'http://far.example/page?a=1';
      const answer = await (await client.request({ path, method: 'GET', ...some(pairs) })).body.text();
      await client.close();
      return answer;
    },
    [name('Pool of one connection')]: async (pairs, { url }) => {
      const pool = new undici.Pool(new URL(url).origin, { connections: 1 });
      const ask = async () => (await pool.request({ path: '/pool', method: 'GET', ...some(pairs) })).body.text();
      const all = await Promise.all([ask(), ask(), ask()]);
      await pool.close();
      return all.join();
    },
    [name('Agent')]: async (pairs, { url }) => {
      const dispatcher = new undici.Agent();
      const answer = await (await undici.request(url, { dispatcher, ...some(pairs) })).body.text();
      await dispatcher.close();
      return answer;
    },
    ...(version < 6
      ? {}
      : {
          [name('interceptors')]: async (pairs, { url }) => {
            const { redirect, retry } = undici.interceptors;
            const dispatcher = new undici.Agent().compose(redirect({ maxRedirections: 2 }), retry());
            const answer = await undici.request(`${url}redirect`, { dispatcher, ...some(pairs) });
            const said = await answer.body.text();
            await dispatcher.close();
            return said;
          },
        }),
  });
}

async function undiciOf(version, load) {
  try {
    return undiciWays(version, await load());
  } catch {
    // Version 8 does not load on the oldest Node that we support.
    return {};
  }
}

/** By name: `(pairs, target) => Promise<string>`. */
export const ways = {
  ...httpWays,
  ...otherHttpWays,
  ...fetchWays,
  ...(await undiciOf(5, () => import('undici-5'))),
  ...(await undiciOf(6, () => import('undici-6'))),
  ...(await undiciOf(7, () => import('undici-7'))),
  ...(await undiciOf(8, () => import('undici-8'))),
};
