/** What an application sends arrives as without us, byte for byte, but for the headers that docs/outgoing.md names. */
import { request as requestTo } from 'node:http';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { makeCertificate } from './support/certificate.ts';
import type { Certificate } from './support/certificate.ts';
import { startRawReceiver } from './support/raw-receiver.ts';
import type { RawReceiver } from './support/raw-receiver.ts';
import { startTracedApp } from './support/traced-app.ts';
import type { TracedApp } from './support/traced-app.ts';

type Pair = readonly [name: string, value: string];

const requestId = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

let certificate: Certificate;
let receiver: RawReceiver;
let bare: TracedApp;
let ours: TracedApp;
let stock: TracedApp;
beforeAll(async () => {
  certificate = makeCertificate();
  receiver = await startRawReceiver(certificate);
  [bare, ours, stock] = await Promise.all([
    startTracedApp('outgoing-app.mjs', { preload: undefined }),
    startTracedApp('outgoing-app.mjs'),
    startTracedApp('outgoing-app.mjs', { env: { REQLENS_HTTP_CLIENT: 'otel' } }),
  ]);
});
afterAll(async () => {
  await Promise.all([bare.stop(), ours.stop(), stock.stop()]);
  await receiver.close();
  certificate.remove();
});

interface Question {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(app: TracedApp, { path, body, headers }: Question): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<Parameters<typeof text>[0]>();
  const method = body === undefined ? 'GET' : 'POST';
  const options = { port: app.port, path, method, headers: { 'x-request-id': requestId, ...headers } };
  requestTo(options, resolve).on('error', reject).end(JSON.stringify(body));
  return text(await promise);
}

interface Sent {
  readonly said: string;
  readonly requests: readonly string[];
}

/** One call by one application, and the bytes that arrived. */
async function send(app: TracedApp, way: string, pairs: readonly Pair[]): Promise<Sent> {
  receiver.taken();
  const { port, securePort } = receiver;
  const target = {
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}/`,
    secureUrl: `https://127.0.0.1:${securePort}/`,
  };
  return { said: await ask(app, { path: '/', body: { way, pairs, target } }), requests: receiver.taken() };
}

/** The fields of that name in a head, in order. */
function fields(request: string, name: string): string[] {
  const lines = (request.split('\r\n\r\n', 1)[0] ?? '').split('\r\n').slice(1);
  return lines
    .filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).trim());
}

const ofThisTrace = /^00-3f2504e04f8941d39a0c0305e82c3301-[\da-f]{16}-01$/;

/** Of those ways whose form carries the headers at all. */
async function sentInEachWay(app: TracedApp, pairs: readonly Pair[]): Promise<(Sent & { readonly way: string })[]> {
  const all: (Sent & { readonly way: string })[] = [];
  for (const way of await waysOf(app)) {
    const sent = await send(app, way, [...pairs, ['X-One', '1']]);
    if (sent.requests.some((request) => fields(request, 'x-one').length > 0)) all.push({ way, ...sent });
  }
  expect(all.length).toBeGreaterThan(100);
  return all;
}

const added = ['traceparent', 'x-request-id'];

function withoutOurs(request: string): string {
  const end = request.indexOf('\r\n\r\n');
  const lines = request.slice(0, end).split('\r\n');
  return (
    lines.filter((line) => !added.includes(line.split(':', 1)[0]?.toLowerCase() ?? '')).join('\r\n') +
    request.slice(end)
  );
}

const plain: readonly Pair[] = [
  ['X-One', '1'],
  ['x-TWO', 'a; b="c"'],
  ['X-Empty', ''],
  ['Accept', 'text/html'],
];

async function waysOf(app: TracedApp): Promise<string[]> {
  return JSON.parse(await ask(app, { path: '/ways' }));
}

const setters = /setHeader/;
/** To a plain proxy of the own network, which hands all headers on to a host that may not have the request id. */
const toForeignHost = /^(?:an absolute path|undici \d to a plain proxy)$/;

describe.each([
  { name: 'ours', app: () => ours },
  { name: 'REQLENS_HTTP_CLIENT=otel', app: () => stock },
])('$name: every way and every form of headers', ({ app }) => {
  test('arrives with the same bytes, plus one traceparent and one request id', async () => {
    const ways = await waysOf(app());
    expect(ways.length).toBeGreaterThan(100);
    for (const way of ways) {
      const without = await send(bare, way, plain);
      const under = await send(app(), way, plain);
      expect({ way, said: under.said, requests: under.requests.map(withoutOurs) }).toEqual({ way, ...without });
      for (const request of under.requests) {
        expect([way, fields(request, 'x-request-id')]).toEqual([way, toForeignHost.test(way) ? [] : [requestId]]);
        const [parent, ...more] = fields(request, 'traceparent');
        expect([way, parent, more]).toEqual([way, expect.stringMatching(ofThisTrace), []]);
      }
    }
  }, 120_000);

  test('what the application set itself stays alone when it is valid, in any case and form', async () => {
    const own: readonly Pair[] = [
      ['TraceParent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['tracestate', 'shop=1'],
      ['Baggage', 'plan=gold'],
      ['X-REQUEST-ID', 'order-4711'],
    ];
    for (const { way, requests } of await sentInEachWay(app(), own)) {
      for (const request of requests)
        for (const [name, value] of own)
          expect([way, name, fields(request, name.toLowerCase())]).toEqual([way, name, [value]]);
    }
  }, 120_000);

  test('what nobody could use gives way to ours: the receiver sees one valid value', async () => {
    const own: readonly Pair[] = [
      ['TraceParent', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
      ['tracestate', 'shop=1'],
      ['X-REQUEST-ID', 'no good id'],
    ];
    for (const { way, requests } of await sentInEachWay(app(), own)) {
      // What is set once the request has been made replaces ours as it is (docs/outgoing.md).
      if (setters.test(way)) continue;
      for (const request of requests) {
        expect([way, fields(request, 'traceparent')]).toEqual([way, [expect.stringMatching(ofThisTrace)]]);
        expect([way, fields(request, 'tracestate')]).toEqual([way, []]);
        const id = toForeignHost.test(way) ? 'no good id' : requestId;
        expect([way, fields(request, 'x-request-id')]).toEqual([way, [id]]);
      }
    }
  }, 120_000);

  test('two of a name give way to one, where a form can say two', async () => {
    const one = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const own: readonly Pair[] = [
      ['traceparent', one],
      ['Traceparent', one],
      ['x-request-id', 'order-1'],
      ['X-Request-ID', 'order-2'],
      ['baggage', 'plan=gold'],
      ['Baggage', 'place=north'],
    ];
    for (const way of [
      'http.request, list',
      'http.request, list with Expect',
      'undici 5 request, list',
      'undici 7 request, list',
    ]) {
      const { requests } = await send(app(), way, own);
      expect([way, fields(requests[0] ?? '', 'traceparent')]).toEqual([way, [expect.stringMatching(ofThisTrace)]]);
      expect([way, fields(requests[0] ?? '', 'x-request-id')]).toEqual([way, [requestId]]);
      // A list may be divided among several fields.
      expect([way, fields(requests[0] ?? '', 'baggage')]).toEqual([way, ['plan=gold', 'place=north']]);
    }
  });
});

test('a traceparent that is only handed on gets the call as its parent, and a tracestate alone stays', async () => {
  const caller = '00-3f2504e04f8941d39a0c0305e82c3301-b7ad6b7169203331-01';
  for (const way of ['http.request, object', 'http.request, list', 'fetch, object', 'undici 5 request, object']) {
    receiver.taken();
    const url = `http://127.0.0.1:${receiver.port}/`;
    const body = { way, pairs: [['traceparent', caller]], target: { url } };
    await ask(ours, { path: '/', body, headers: { traceparent: caller } });
    const [parent] = fields(receiver.taken()[0] ?? '', 'traceparent');
    expect([way, parent]).toEqual([way, expect.stringMatching(ofThisTrace)]);
    expect([way, parent]).not.toEqual([way, caller]);
    const { requests } = await send(ours, way, [['TraceState', 'shop=1']]);
    expect([way, fields(requests[0] ?? '', 'tracestate')]).toEqual([way, ['shop=1']]);
    expect([way, fields(requests[0] ?? '', 'traceparent')]).toEqual([way, [expect.stringMatching(ofThisTrace)]]);
  }
});

test('the span says which headers were the application’s, and which gave way', async () => {
  await send(ours, 'http.request, list', [
    ['X-Request-ID', 'order-1'],
    ['traceparent', 'nonsense'],
  ]);
  const noted = (): boolean =>
    ours.spans().some(({ attributes }) => String(attributes['reqlens.replaced.header.traceparent']) === 'nonsense');
  await ours.until(noted);
  const span = ours.spans().findLast(({ attributes }) => 'reqlens.replaced.header.traceparent' in attributes);
  expect(span?.attributes).toMatchObject({
    'reqlens.replaced.header.traceparent': ['nonsense'],
    'http.request.header.x-request-id': ['order-1'],
  });
});
