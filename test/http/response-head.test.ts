/** What clients see of us: one request id on every answer, the CORS lists completed, and not a byte more. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { exchange, onlyResponse, responsesIn } from './support/raw-client.ts';
import type { Exchange, RawResponse } from './support/raw-client.ts';
import { startTracedApp } from './support/traced-app.ts';
import type { TracedApp } from './support/traced-app.ts';

const servers = ['plain', 'strict', 'ownErrors', 'upgrading', 'express', 'fastify', 'koa', 'hono'] as const;
type Server = (typeof servers)[number];

const uuidV7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

let app: TracedApp;
/** The same program without us. */
let bare: TracedApp;
beforeAll(async () => {
  [app, bare] = await Promise.all([
    startTracedApp('head-app.mjs'),
    startTracedApp('head-app.mjs', { preload: undefined }),
  ]);
});
afterAll(async () => {
  await Promise.all([app.stop(), bare.stop()]);
});

function portOf(of: TracedApp, server: Server): number {
  return of.ports[servers.indexOf(server)] ?? 0;
}

interface Ask {
  readonly server?: Server;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function requestText({ method = 'GET', path = '/answer', headers = {} }: Ask): string {
  const lines = Object.entries({ Host: 'shop.example', Connection: 'close', ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

async function ask(what: Ask, of: TracedApp = app): Promise<RawResponse> {
  const { received } = await exchange({ port: portOf(of, what.server ?? 'plain'), send: requestText(what) });
  return onlyResponse(received);
}

async function raw(server: Server, what: Omit<Exchange, 'port'>, of: TracedApp = app): Promise<string> {
  return (await exchange({ ...what, port: portOf(of, server) })).received;
}

/** The id in the answer; there must be exactly one, and it must be one of ours. */
function idOf(response: RawResponse): string {
  const ids = response.all('x-request-id');
  expect(ids).toEqual([expect.stringMatching(uuidV7)]);
  return ids[0] ?? '';
}

function withoutIdAndDate(received: string): string {
  return received.replace(/X-Request-ID: [^\r]+\r\n/, '').replace(/Date: [^\r]+/, 'Date: now');
}

/** What the application sets and passes, as apps/head-app.mjs takes it. */
function dictated(parts: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [`X-${name}`, JSON.stringify(value)]));
}

describe('every answer has one request id', () => {
  const rows = (['express', 'fastify', 'koa', 'hono'] as const).flatMap((server) => [
    { server, path: '/ok', status: 200 },
    { server, path: '/json', status: 201 },
    { server, path: '/missing', status: 404 },
    { server, path: '/throw', status: 500 },
    { server, path: '/reject', status: 500 },
  ]);
  test.each(rows)('$server $path: $status, and the span of that id', async ({ server, path, status }) => {
    const response = await ask({ server, path });
    expect(response.status).toBe(status);
    const id = idOf(response);
    const isIts = (): boolean => app.spans().some(({ attributes }) => attributes['reqlens.request.id'] === id);
    await app.until(isIts);
  });

  const heads: readonly { readonly title: string; readonly parts: Readonly<Record<string, unknown>> }[] = [
    { title: 'an implicit head', parts: {} },
    { title: 'headers set before', parts: { Set: { 'X-Own': '1', 'Set-Cookie': ['a=1', 'b=2'] } } },
    { title: 'writeHead with an object', parts: { Head: { 'X-Own': '1', 'Set-Cookie': ['a=1', 'b=2'] } } },
    { title: 'writeHead with an object, headers set before', parts: { Set: { A: '1', B: '2' }, Head: { b: '3' } } },
    { title: 'writeHead with a flat list', parts: { Head: ['X-Own', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'] } },
    { title: 'writeHead with a flat list of lists', parts: { Head: ['X-Own', '1', 'Set-Cookie', ['a=1', 'b=2']] } },
    {
      title: 'writeHead with a flat list, headers set before',
      parts: { Set: { A: '1', 'Set-Cookie': 'x=1' }, Head: ['B', '2', 'Set-Cookie', ['a=1', 'b=2']] },
    },
    {
      title: 'writeHead with pairs',
      parts: {
        Head: [
          ['X-Own', '1'],
          ['Set-Cookie', ['a=1', 'b=2']],
          ['Set-Cookie', 'c=3'],
        ],
      },
    },
    { title: 'writeHead with an empty list', parts: { Head: [] } },
    { title: 'writeHead with an empty object', parts: { Head: {} } },
    { title: 'writeHead with a reason', parts: { Status: 404, Reason: 'Nowhere' } },
    {
      title: 'writeHead with a reason and an object',
      parts: { Status: 500, Reason: 'Broken', Head: { 'X-Own': '1' } },
    },
    { title: 'writeHead with a reason and pairs', parts: { Reason: 'Fine', Head: [['X-Own', '1']] } },
    { title: 'a status without body', parts: { Status: 204 } },
    { title: 'not modified', parts: { Status: 304, Set: { ETag: '"1"' } } },
    { title: 'numbers as values', parts: { Head: { 'Content-Length': 8, 'X-Number': 7 } } },
    { title: 'names of Object.prototype', parts: { Set: { constructor: '1', toString: '2' }, Head: { valueOf: '3' } } },
  ];
  test.each(heads)('$title: the id, and otherwise what bare Node sends', async ({ parts }) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const send = requestText({ method, headers: dictated(parts) });
      const [ours, nodes] = await Promise.all([raw('plain', { send }), raw('plain', { send }, bare)]);
      idOf(onlyResponse(ours));
      expect(withoutIdAndDate(ours)).toBe(withoutIdAndDate(nodes));
    }
  });

  const paths = [
    '/flush',
    '/continue',
    '/processing',
    '/hints',
    '/write',
    '/slow',
    '/twice',
    '/undefined',
    '/chained',
    '/refused',
    '/abort',
    '/nowhere',
  ];
  test.each(paths)('%s: the id, and otherwise what bare Node sends', async (path) => {
    const send = requestText({ path });
    const [ours, nodes] = await Promise.all([raw('plain', { send }), raw('plain', { send }, bare)]);
    const finals = responsesIn(ours).filter(({ status }) => status >= 200);
    expect(finals).toHaveLength(1);
    for (const response of finals) idOf(response);
    expect(withoutIdAndDate(ours)).toBe(withoutIdAndDate(nodes));
  });
});

describe('an id of the application gives way to ours, and is on the span', () => {
  const rows = [
    { title: 'set before', ask: { headers: dictated({ Set: { 'X-Request-ID': 'own-id' } }) }, own: 'own-id' },
    { title: 'passed to writeHead', ask: { headers: dictated({ Head: { 'x-request-id': 'own-id' } }) }, own: 'own-id' },
    { title: 'in a flat list', ask: { headers: dictated({ Head: ['X-REQUEST-ID', 'own-id'] }) }, own: 'own-id' },
    { title: 'in pairs', ask: { headers: dictated({ Head: [['x-Request-Id', 'own-id']] }) }, own: 'own-id' },
    {
      title: 'set before and passed',
      ask: { headers: dictated({ Set: { 'X-Request-ID': 'first' }, Head: { 'X-Request-ID': 'second' } }) },
      own: 'second',
    },
    {
      title: 'set before, other headers in a list',
      ask: { headers: dictated({ Set: { 'X-Request-ID': 'own-id' }, Head: ['A', '1'] }) },
      own: 'own-id',
    },
    { title: 'by setHeaders', ask: { path: '/setHeaders' }, own: 'own-id' },
    {
      title: 'not recorded with characters that no id has',
      ask: { headers: dictated({ Set: { 'X-Request-ID': '<b>' } }) },
    },
    { title: 'not recorded when there are two', ask: { path: '/append' } },
  ];
  test.each(rows)('$title', async ({ ask: what, own }) => {
    const id = idOf(await ask(what));
    const span = (): unknown =>
      app.spans().find(({ attributes }) => attributes['reqlens.request.id'] === id)?.attributes;
    await app.until(() => span() !== undefined);
    const recorded = own === undefined ? {} : { 'http.response.header.x-request-id': [own] };
    const { 'http.response.header.x-request-id': found } = Object(span());
    expect(found === undefined ? {} : { 'http.response.header.x-request-id': found }).toEqual(recorded);
  });
});

describe('answers that Node writes itself', () => {
  const overflow = `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`;
  const extension = `POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\na\r\n`;
  const rows: readonly { title: string; server?: Server; send: string; status: number }[] = [
    { title: 'garbage', send: 'garbage\r\n\r\n', status: 400 },
    { title: 'a method that is none', send: 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { title: 'a header with a NUL', send: 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', status: 400 },
    {
      title: 'two lengths',
      send: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      status: 400,
    },
    { title: 'headers too large', send: overflow, status: 431 },
    { title: 'a chunk extension too large', send: extension, status: 413 },
    { title: 'headers too slow', server: 'strict', send: 'GET / HTTP/1.1\r\nHost: a\r\n', status: 408 },
    {
      title: 'body too slow',
      server: 'strict',
      send: 'POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
      status: 408,
    },
    { title: 'no Host', send: 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', status: 400 },
    { title: 'an expectation that nobody meets', send: requestText({ headers: { Expect: 'x' } }), status: 417 },
  ];
  test.each(rows)(
    '$title: $status with an id, and otherwise what bare Node sends',
    async ({ server = 'plain', send, status }) => {
      const [ours, nodes] = await Promise.all([raw(server, { send }), raw(server, { send }, bare)]);
      const response = onlyResponse(ours);
      expect(response.status).toBe(status);
      idOf(response);
      expect(withoutIdAndDate(ours)).toBe(withoutIdAndDate(nodes));
    },
  );

  test('503 after the last request that a connection may carry', async () => {
    const send = requestText({ path: '/slow', headers: { Connection: 'keep-alive' } }).repeat(2);
    const responses = responsesIn(await raw('strict', { send, hangUpAfter: (text) => /503[^]*\r\n\r\n/.test(text) }));
    expect(responses.map(({ status }) => status)).toEqual([200, 503]);
    expect(new Set(responses.map(idOf)).size).toBe(2);
  });

  test('a client id is in the answers that have a request to take it from', async () => {
    const headers = { Expect: 'x', 'X-Request-ID': 'from-client' };
    expect((await ask({ headers })).all('x-request-id')).toEqual(['from-client']);
  });

  test("an application's own clientError listener answers alone", async () => {
    for (const send of ['garbage\r\n\r\n', overflow]) {
      const [ours, nodes] = await Promise.all([raw('ownErrors', { send }), raw('ownErrors', { send }, bare)]);
      expect(ours).toBe(nodes);
      expect(ours).toMatch(/^HTTP\/1\.1 400 Mine\r\nX-Code: HPE_\w+\r\n\r\n$/);
    }
  });

  test.each(['/slow', '/answer', '/flush', '/hold', '/headOnly'])(
    'a request for %s and garbage, pipelined: as bare Node',
    async (path) => {
      const send = `${requestText({ path, headers: { Connection: 'keep-alive' } })}garbage\r\n\r\n`;
      const [ours, nodes] = await Promise.all([raw('plain', { send }), raw('plain', { send }, bare)]);
      expect(responsesIn(ours).map(({ statusLine }) => statusLine)).toEqual(
        responsesIn(nodes).map(({ statusLine }) => statusLine),
      );
      for (const response of responsesIn(ours)) idOf(response);
    },
  );
});

describe('connections that carry several requests', () => {
  test('keep-alive: each answer has its own id', async () => {
    const again = requestText({ headers: { Connection: 'keep-alive' } });
    const followUp = { after: (text: string) => text.endsWith('answered'), send: requestText({}) };
    const responses = responsesIn(await raw('plain', { send: again, followUp }));
    expect(responses).toHaveLength(2);
    expect(new Set(responses.map(idOf)).size).toBe(2);
  });

  test('pipelining: each answer has its own id, those answered while an earlier one is pending too', async () => {
    const paths = ['/slow', '/answer', '/flush', '/write', '/slow', '/nowhere', '/chained'];
    const asks = paths.map((path) => requestText({ path, headers: { Connection: 'keep-alive' } }));
    const responses = responsesIn(await raw('plain', { send: [...asks, requestText({})].join('') }));
    expect(responses.map(({ body }) => body).join(' ')).toBe(
      'slow answered flushed onetwo slow missing chained answered',
    );
    expect(new Set(responses.map(idOf)).size).toBe(8);
  });

  test('pipelined requests with ids of the client get them back in their order', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`);
    const asks = ids.map((id, index) =>
      requestText({
        path: index % 3 === 0 ? '/slow' : '/answer',
        headers: { 'X-Request-ID': id, Connection: index === 19 ? 'close' : 'keep-alive' },
      }),
    );
    const responses = responsesIn(await raw('plain', { send: asks.join('') }));
    expect(responses.map((response) => response.all('x-request-id'))).toEqual(ids.map((id) => [id]));
  });
});

/** The application finds the id of an upgrade among its headers, as that of any request; nothing else differs. */
function withoutOwnId(text: string): string {
  return text.replace(/,"x-request-id":"[\da-f-]{36}"/, '');
}

describe('upgrades are answered by the application alone', () => {
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
  const handshake = `GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n`;
  const rows: readonly [string, string][] = [
    ['a WebSocket handshake', handshake],
    ['a WebSocket handshake with the first frame in the same packet', `${handshake}first frame`],
    ['CONNECT', 'CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n'],
  ];
  test.each(rows)('%s is answered byte for byte as by bare Node', async (_title, send) => {
    const [ours, nodes] = await Promise.all([raw('upgrading', { send }), raw('upgrading', { send }, bare)]);
    expect(withoutOwnId(ours)).toBe(withoutOwnId(nodes));
    expect(ours).toMatch(/^HTTP\/1\.1 (?:101 Switching Protocols|200 Tunnel)\r\n/);
  });

  test('an upgrade that the server does not listen for is a request like any other', async () => {
    const [ours, nodes] = await Promise.all([
      raw('plain', { send: handshake.replace('/chat', '/answer'), hangUpAfter: (text) => text.endsWith('answered') }),
      raw(
        'plain',
        { send: handshake.replace('/chat', '/answer'), hangUpAfter: (text) => text.endsWith('answered') },
        bare,
      ),
    ]);
    idOf(onlyResponse(ours));
    expect(withoutIdAndDate(ours)).toBe(withoutIdAndDate(nodes));
  });
});

function expose(list: string): Record<string, string> {
  return { 'Access-Control-Expose-Headers': list };
}

describe('CORS', () => {
  const origin = 'https://page.example';
  const allow = { 'Access-Control-Allow-Origin': origin };
  const credentials = { 'Access-Control-Allow-Credentials': 'true' };

  const packages: readonly { title: string; server: Server; path: string; exposed: string[] }[] = [
    { title: 'cors package, list', server: 'express', path: '/cors', exposed: ['X-Total,ETag, X-Request-ID'] },
    { title: 'cors package, no list', server: 'express', path: '/open', exposed: ['X-Request-ID'] },
    {
      title: 'cors package, list overwritten late',
      server: 'express',
      path: '/overwritten',
      exposed: ['X-Late, X-Request-ID'],
    },
    { title: '@fastify/cors', server: 'fastify', path: '/cors', exposed: ['X-Total, ETag, X-Request-ID'] },
    { title: 'koa, hand-set', server: 'koa', path: '/cors', exposed: ['X-Total,ETag, X-Request-ID'] },
    { title: 'hono/cors', server: 'hono', path: '/cors', exposed: ['X-Total,ETag, X-Request-ID'] },
  ];
  test.each(packages)('$title', async ({ server, path, exposed }) => {
    const response = await ask({ server, path, headers: { Origin: origin } });
    expect(response.status).toBe(200);
    idOf(response);
    expect(response.all('access-control-expose-headers')).toEqual(exposed);
  });

  const lists = [
    { title: 'no list', parts: { Set: allow }, exposed: ['X-Request-ID'] },
    { title: 'any origin', parts: { Set: { 'access-control-allow-origin': '*' } }, exposed: ['X-Request-ID'] },
    { title: 'origin null', parts: { Set: { 'access-control-allow-origin': 'null' } }, exposed: ['X-Request-ID'] },
    { title: 'a list', parts: { Set: { ...allow, ...expose('ETag') } }, exposed: ['ETag, X-Request-ID'] },
    { title: 'an empty list', parts: { Set: { ...allow, ...expose('') } }, exposed: ['X-Request-ID'] },
    {
      title: 'a list that has it',
      parts: { Set: { ...allow, ...expose('ETag, x-request-ID') } },
      exposed: ['ETag, x-request-ID'],
    },
    {
      title: 'a list with a longer name',
      parts: { Set: { ...allow, ...expose('X-Request-ID-2') } },
      exposed: ['X-Request-ID-2, X-Request-ID'],
    },
    { title: '* without credentials', parts: { Set: { ...allow, ...expose('*') } }, exposed: ['*'] },
    {
      title: '* with credentials',
      parts: { Set: { ...allow, ...credentials, ...expose('*') } },
      exposed: ['*, X-Request-ID'],
    },
    {
      title: 'several lines',
      parts: { Set: { ...allow, 'Access-Control-Expose-Headers': ['A', 'B'] } },
      exposed: ['A, B, X-Request-ID'],
    },
    { title: 'list passed to writeHead', parts: { Set: allow, Head: expose('ETag') }, exposed: ['ETag, X-Request-ID'] },
    {
      title: 'all passed to writeHead',
      parts: { Head: { ...allow, ...expose('ETag') } },
      exposed: ['ETag, X-Request-ID'],
    },
    {
      title: 'list overwritten by writeHead',
      parts: { Set: { ...allow, ...expose('A') }, Head: expose('B') },
      exposed: ['B, X-Request-ID'],
    },
    {
      title: 'in a flat list',
      parts: { Head: ['Access-Control-Allow-Origin', '*', 'access-control-expose-headers', 'A'] },
      exposed: ['A, X-Request-ID'],
    },
    {
      title: 'in a flat list, twice',
      parts: { Head: [...Object.entries({ ...allow, ...expose('A') }).flat(), ...Object.entries(expose('B')).flat()] },
      exposed: ['A, B, X-Request-ID'],
    },
    { title: 'in pairs', parts: { Head: Object.entries({ ...allow, ...expose('A') }) }, exposed: ['A, X-Request-ID'] },
    {
      title: 'set before, other headers in a flat list',
      parts: { Set: { ...allow, ...expose('A') }, Head: ['X-Own', '1'] },
      exposed: ['A, X-Request-ID'],
    },
    { title: 'an error page', parts: { Status: 500, Set: allow }, exposed: ['X-Request-ID'] },
    { title: 'not a CORS response', parts: { Set: { Vary: 'Origin' } }, exposed: [] },
    { title: 'not a CORS response, though it has a list', parts: { Set: expose('ETag') }, exposed: ['ETag'] },
  ];
  test.each(lists)('$title: exposed $exposed', async ({ parts, exposed }) => {
    const response = await ask({ headers: { Origin: origin, ...dictated(parts) } });
    idOf(response);
    expect(response.all('access-control-expose-headers')).toEqual(exposed);
    expect(response.all('access-control-allow-headers')).toEqual([]);
  });

  const preflight = { Origin: origin, 'Access-Control-Request-Method': 'PUT' };
  const preflights = [
    { title: 'asks for the id, no list', asked: 'x-request-id', set: allow, allowed: ['X-Request-ID'] },
    {
      title: 'asks for the id',
      asked: 'content-type,x-request-id',
      set: { ...allow, 'Access-Control-Allow-Headers': 'content-type' },
      allowed: ['content-type, X-Request-ID'],
    },
    {
      title: 'asks for the id, allowed already',
      asked: 'X-Request-ID',
      set: { ...allow, 'Access-Control-Allow-Headers': 'x-request-id' },
      allowed: ['x-request-id'],
    },
    {
      title: 'asks for the id, * without credentials',
      asked: 'x-request-id',
      set: { ...allow, 'Access-Control-Allow-Headers': '*' },
      allowed: ['*'],
    },
    {
      title: 'asks for the id, * with credentials',
      asked: 'x-request-id',
      set: { ...allow, ...credentials, 'Access-Control-Allow-Headers': '*' },
      allowed: ['*, X-Request-ID'],
    },
    {
      title: 'asks for another header',
      asked: 'content-type',
      set: { ...allow, 'Access-Control-Allow-Headers': 'content-type' },
      allowed: ['content-type'],
    },
    { title: 'asks for no header', asked: undefined, set: allow, allowed: [] },
    { title: 'is not answered as CORS', asked: 'x-request-id', set: {}, allowed: [] },
  ];
  test.each(preflights)('a preflight that $title: allowed $allowed', async ({ asked, set, allowed }) => {
    const headers = { ...preflight, ...(asked === undefined ? {} : { 'Access-Control-Request-Headers': asked }) };
    const response = await ask({ method: 'OPTIONS', headers: { ...headers, ...dictated({ Status: 204, Set: set }) } });
    idOf(response);
    expect(response.all('access-control-allow-headers')).toEqual(allowed);
    expect(response.all('access-control-expose-headers')).toEqual([]);
  });

  test('OPTIONS without a requested method is no preflight', async () => {
    const response = await ask({ method: 'OPTIONS', headers: { Origin: origin, ...dictated({ Set: allow }) } });
    expect(response.all('access-control-expose-headers')).toEqual(['X-Request-ID']);
  });

  test.each(['express', 'fastify'] as const)(
    '%s: its package answers a preflight, with the id allowed',
    async (server) => {
      const headers = { ...preflight, 'Access-Control-Request-Headers': 'x-request-id' };
      const response = await ask({ server, method: 'OPTIONS', path: '/cors', headers });
      expect(response.status).toBe(204);
      idOf(response);
      // Both packages echo what was asked for.
      expect(response.all('access-control-allow-headers')).toEqual(['x-request-id']);
    },
  );
});

describe('configured', () => {
  test('REQLENS_SERVER_TIMING names the server span, beside what the application sets', async () => {
    const timed = await startTracedApp('head-app.mjs', { env: { REQLENS_SERVER_TIMING: 'true' } });
    const alone = await ask({}, timed);
    const beside = await ask({ headers: dictated({ Head: { 'server-timing': 'db;dur=5' } }) }, timed);
    await timed.stop();
    const wanted = [alone, beside].map((response) => {
      const span = timed.spans().find(({ attributes }) => attributes['reqlens.request.id'] === idOf(response));
      return `traceparent;desc="00-${span?.traceId}-${span?.spanId}-01"`;
    });
    expect(alone.all('server-timing')).toEqual([wanted[0]]);
    expect(beside.all('server-timing')).toEqual([`db;dur=5, ${wanted[1]}`]);
    expect((await ask({})).all('server-timing')).toEqual([]);
  });

  test('REQLENS_REQUEST_ID_HEADER: that header is read, answered, exposed and recorded; X-Request-ID is left alone', async () => {
    const named = await startTracedApp('head-app.mjs', { env: { REQLENS_REQUEST_ID_HEADER: 'X-Correlation-Id' } });
    const headers = { 'X-Correlation-ID': 'corr-1', 'X-Request-ID': 'other' };
    const set = { 'Access-Control-Allow-Origin': '*', 'X-Request-ID': 'of-the-application' };
    const response = await ask({ headers: { ...headers, ...dictated({ Set: set }) } }, named);
    const rejected = onlyResponse(await raw('plain', { send: 'garbage\r\n\r\n' }, named));
    await named.stop();
    expect(response.all('x-correlation-id')).toEqual(['corr-1']);
    expect(response.all('x-request-id')).toEqual(['of-the-application']);
    expect(response.all('access-control-expose-headers')).toEqual(['x-correlation-id']);
    expect(rejected.all('x-correlation-id')).toEqual([expect.stringMatching(uuidV7)]);
    expect(rejected.all('x-request-id')).toEqual([]);
    const [span] = named.spans();
    expect(span?.attributes).toMatchObject({
      'reqlens.request.id': 'corr-1',
      'http.request.header.x-correlation-id': ['corr-1'],
    });
    expect(span?.attributes).not.toHaveProperty('http.request.header.x-request-id');
  });

  test('REQLENS_HTTP_SERVER=otel: the same ids in answers and on spans', async () => {
    const stock = await startTracedApp('head-app.mjs', { env: { REQLENS_HTTP_SERVER: 'otel' } });
    const responses = [
      await ask({}, stock),
      await ask({ server: 'express', path: '/throw' }, stock),
      await ask({ headers: { 'X-Request-ID': 'from-client', ...dictated({ Set: { 'X-Request-ID': 'own' } }) } }, stock),
    ];
    const rejected = onlyResponse(await raw('plain', { send: 'garbage\r\n\r\n' }, stock));
    await stock.stop();
    const ids = responses.map((response) => response.all('x-request-id'));
    expect(ids).toEqual([[expect.stringMatching(uuidV7)], [expect.stringMatching(uuidV7)], ['from-client']]);
    expect(new Set(stock.spans().map(({ attributes }) => attributes['reqlens.request.id']))).toEqual(
      new Set(ids.flat()),
    );
    idOf(rejected);
  });
});
