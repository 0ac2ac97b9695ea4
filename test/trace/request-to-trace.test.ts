/** Which trace a request becomes part of, and what its calls tell others: real processes that call themselves. */
import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { PlainSpan } from '../http/support/otlp-json.ts';
import { exchange, onlyResponse } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import type { TracedApp } from '../http/support/traced-app.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const asUuid = '0af76519-16cd-43dd-8448-eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;
const uuid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const newId = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

type Headers = Readonly<Record<string, string>>;

interface Relayed {
  /** The `X-Request-ID` of the answer. */
  readonly id: string;
  readonly http: Headers;
  readonly fetch: Headers;
  readonly current: { readonly requestId: string; readonly traceId: string };
  readonly seen: Headers;
}

interface Visit {
  readonly headers?: Headers;
  /** Of the path /relay. */
  readonly query?: string;
  readonly from?: string;
}

async function relay(app: TracedApp, { headers = {}, query = '', from }: Visit = {}): Promise<Relayed> {
  const lines = Object.entries({ Host: 'shop', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const send = `GET /relay?${query} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  const { received } = await exchange({ port: app.port, send, ...(from === undefined ? {} : { from }) });
  const response = onlyResponse(received);
  return { id: response.all('x-request-id').join(), ...JSON.parse(response.body) };
}

/** Server span, own span, two client spans, and the server spans that these called: all of one trace. */
async function spansOf(app: TracedApp, id: string, count = 6): Promise<readonly PlainSpan[]> {
  const found = (): PlainSpan[] => app.spans().filter(({ attributes }) => attributes['reqlens.request.id'] === id);
  await app.until(() => found().length >= count);
  return found();
}

function entrySpan(spans: readonly PlainSpan[]): PlainSpan {
  const [entry] = spans.filter(({ attributes }) => attributes['url.path'] === '/relay');
  if (entry === undefined) throw new Error('the span of /relay has not arrived');
  return entry;
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** In settings that differ only in whom they trust. */
function startApp(env: Readonly<Record<string, string>>): () => TracedApp {
  let app: TracedApp;
  beforeAll(async () => {
    app = await startTracedApp('relay-app.mjs', { env });
  });
  afterAll(async () => {
    await app.stop();
    // No span has a parent that never arrives: its parent is one of ours, or the one that the caller named.
    const ids = new Set(app.spans().map(({ spanId }) => spanId));
    const orphans = app
      .spans()
      .filter(({ parentSpanId = parentId }) => parentSpanId !== parentId && !ids.has(parentSpanId));
    expect(orphans).toEqual([]);
    expect(app.stderr()).toBe('');
  });
  return () => app;
}

describe.each(['reqlens', 'otel'])('callers on loopback are trusted, REQLENS_HTTP_SERVER=%s', (REQLENS_HTTP_SERVER) => {
  const app = startApp({ REQLENS_HTTP_SERVER });

  test('without headers: a root span, a new id, and its digits are the trace id', async () => {
    const { id, current, seen } = await relay(app());
    expect(id).toMatch(newId);
    const spans = await spansOf(app(), id);
    const entry = entrySpan(spans);
    expect(entry.parentSpanId).toBeUndefined();
    expect(entry.traceId).toBe(id.replaceAll('-', ''));
    expect(entry.attributes).not.toHaveProperty('http.request.header.x-request-id');
    expect(current).toEqual({ requestId: id, traceId: entry.traceId });
    expect(seen['x-request-id']).toBe(id);
  });

  test('every span of the trace has the request id, across the calls by http and fetch', async () => {
    const { id, http, fetch } = await relay(app());
    const spans = await spansOf(app(), id);
    const entry = entrySpan(spans);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([entry.traceId]));
    expect(spans.map(({ kind }) => kind).toSorted((a, b) => a - b)).toEqual([1, 2, 2, 2, 3, 3]);
    const clients = spans.filter(({ kind }) => kind === 3);
    expect(clients.map(({ parentSpanId }) => parentSpanId)).toEqual([entry.spanId, entry.spanId]);
    const called = spans.filter((span) => span.kind === 2 && span !== entry);
    expect(called).toHaveLength(2);
    expect(new Set(called.map(({ parentSpanId }) => parentSpanId))).toEqual(
      new Set(clients.map(({ spanId }) => spanId)),
    );
    for (const told of [http, fetch]) {
      expect(told['x-request-id']).toBe(id);
      expect(told['traceparent']).toMatch(new RegExp(`^00-${entry.traceId}-[\\da-f]{16}-01$`));
    }
  });

  test('traceparent alone: its trace, its parent, and the trace id as the request id', async () => {
    const { id } = await relay(app(), { headers: { traceparent } });
    expect(id).toBe(asUuid);
    const entry = entrySpan(await spansOf(app(), id));
    expect([entry.traceId, entry.parentSpanId, entry.links]).toEqual([traceId, parentId, []]);
  });

  test.each([
    ['a UUID', uuid, uuid.replaceAll('-', '')],
    ['upper case', uuid.toUpperCase().replace('3F', '4F'), uuid.replaceAll('-', '').replace('3f', '4f')],
    ['32 digits, as nginx makes them', 'abcdef0123456789abcdef0123456789', 'abcdef0123456789abcdef0123456789'],
    ['any other id', 'order-4711', hashed('order-4711')],
    ['the nil UUID', '00000000-0000-0000-0000-000000000000', hashed('00000000-0000-0000-0000-000000000000')],
  ])('X-Request-ID alone, %s: a root span in the trace of that id, spelling kept', async (_what, given, trace) => {
    const { id, http, fetch } = await relay(app(), { headers: { 'X-Request-ID': given } });
    expect(id).toBe(given);
    const entry = entrySpan(await spansOf(app(), id));
    expect([entry.traceId, entry.parentSpanId]).toEqual([trace, undefined]);
    expect(entry.attributes['http.request.header.x-request-id']).toEqual([given]);
    expect([http['x-request-id'], fetch['x-request-id']]).toEqual([given, given]);
  });

  test.each([
    ['upper case', asUuid.toUpperCase(), traceId],
    ['without dashes', traceId, traceId],
    ['a hashed id', 'order-4712', hashed('order-4712')],
  ])('both headers of one trace, %s: the spelling of X-Request-ID is kept', async (_what, given, trace) => {
    const headers = { 'X-Request-ID': given, traceparent: `00-${trace}-${parentId}-01` };
    const { id } = await relay(app(), { headers });
    expect(id).toBe(given);
    const entry = entrySpan(await spansOf(app(), id));
    expect([entry.traceId, entry.parentSpanId]).toEqual([trace, parentId]);
  });

  test('both headers, of different traces: the trace id rules, and the id that came is on the span', async () => {
    const other = '11111111222233334444555555555555';
    const headers = { 'X-Request-ID': uuid, traceparent: `00-${other}-${parentId}-01` };
    const { id } = await relay(app(), { headers });
    expect(id).toBe('11111111-2222-3333-4444-555555555555');
    const entry = entrySpan(await spansOf(app(), id));
    expect([entry.traceId, entry.parentSpanId]).toEqual([other, parentId]);
    expect(entry.attributes['http.request.header.x-request-id']).toEqual([uuid]);
  });

  test('a refused id is not on the span, and not in a call', async () => {
    const { id, http, seen } = await relay(app(), { headers: { 'X-Request-ID': 'not, an id' } });
    expect(id).toMatch(newId);
    expect([http['x-request-id'], seen['x-request-id']]).toEqual([id, id]);
    const entry = entrySpan(await spansOf(app(), id));
    expect(entry.attributes).not.toHaveProperty('http.request.header.x-request-id');
  });

  test('tracestate is on the span and goes on with the calls', async () => {
    const trace = 'aaaaaaaabbbbccccddddeeeeeeeeeeee';
    const headers = { traceparent: `00-${trace}-${parentId}-01`, tracestate: 'vendor=a:b,other=1' };
    const { id, http, fetch } = await relay(app(), { headers });
    expect(entrySpan(await spansOf(app(), id)).traceState).toBe('vendor=a:b,other=1');
    expect([http['tracestate'], fetch['tracestate']]).toEqual(['vendor=a:b,other=1', 'vendor=a:b,other=1']);
  });

  test('an unsampled caller: no span, but the trace, the id and the state go on', async () => {
    const trace = 'cccccccccccccccccccccccccccccccc';
    const headers = { traceparent: `00-${trace}-${parentId}-00`, tracestate: 'vendor=1' };
    const { id, http, fetch, current } = await relay(app(), { headers });
    expect(id).toBe('cccccccc-cccc-cccc-cccc-cccccccccccc');
    expect(current).toEqual({ requestId: id, traceId: trace });
    for (const told of [http, fetch]) {
      expect(told).toMatchObject({ 'x-request-id': id, tracestate: 'vendor=1' });
      expect(told['traceparent']).toMatch(new RegExp(`^00-${trace}-[\\da-f]{16}-00$`));
    }
    // A sampled request after it has arrived, so that one before it would have too.
    await spansOf(app(), (await relay(app())).id);
    expect(
      app()
        .spans()
        .filter((span) => span.traceId === trace),
    ).toEqual([]);
  });

  test('baggage goes on with the calls, with a traceparent and without', async () => {
    const withParent = await relay(app(), { headers: { traceparent, baggage: 'tenant=a' } });
    const alone = await relay(app(), { headers: { baggage: 'tenant=b' } });
    expect([withParent.http['baggage'], withParent.fetch['baggage']]).toEqual(['tenant=a', 'tenant=a']);
    expect([alone.http['baggage'], alone.fetch['baggage']]).toEqual(['tenant=b', 'tenant=b']);
    expect(alone.id).toMatch(newId);
  });

  test('an X-Request-ID that the application sets on its own call is respected, in whatever case', async () => {
    const { id, http, fetch } = await relay(app(), { query: 'own=its-own' });
    expect(id).toMatch(newId);
    expect([http['x-request-id'], fetch['x-request-id']]).toEqual(['its-own', 'its-own']);
  });
});

describe.each(['reqlens', 'otel'])('nobody is trusted, REQLENS_HTTP_SERVER=%s', (REQLENS_HTTP_SERVER) => {
  const app = startApp({
    REQLENS_HTTP_SERVER,
    REQLENS_TRUST_REQUEST_ID: 'never',
    REQLENS_TRUST_TRACEPARENT: 'never',
  });

  test('a traceparent becomes a link, not a parent', async () => {
    const { id } = await relay(app(), { headers: { traceparent } });
    expect(id).toMatch(newId);
    const entry = entrySpan(await spansOf(app(), id, 3));
    expect([entry.traceId, entry.parentSpanId]).toEqual([id.replaceAll('-', ''), undefined]);
    expect(entry.links).toEqual([{ traceId, spanId: parentId }]);
  });

  test('an X-Request-ID is not used, but is on the span', async () => {
    const { id, seen } = await relay(app(), { headers: { 'X-Request-ID': uuid } });
    expect(id).toMatch(newId);
    expect(seen['x-request-id']).toBe(id);
    const entry = entrySpan(await spansOf(app(), id, 3));
    expect(entry.attributes['http.request.header.x-request-id']).toEqual([uuid]);
    expect([entry.traceId, entry.links]).toEqual([id.replaceAll('-', ''), []]);
  });

  test("a caller's baggage and tracestate are dropped", async () => {
    const headers = { traceparent, tracestate: 'vendor=1', baggage: 'tenant=a' };
    for (const { http, fetch, id } of [
      await relay(app(), { headers }),
      await relay(app(), { headers: { baggage: 'a=1' } }),
    ]) {
      for (const told of [http, fetch]) {
        expect([told['baggage'], told['tracestate']]).toEqual([undefined, undefined]);
      }
      expect(entrySpan(await spansOf(app(), id, 3)).traceState).toBeUndefined();
    }
  });

  test("a caller's unsampled flag does not hide the request", async () => {
    const { id } = await relay(app(), { headers: { traceparent: `00-${traceId}-${parentId}-00` } });
    const entry = entrySpan(await spansOf(app(), id, 3));
    expect(entry.links).toEqual([{ traceId, spanId: parentId }]);
  });
});

describe('traceparent from nobody, X-Request-ID from everybody', () => {
  const app = startApp({ REQLENS_TRUST_REQUEST_ID: 'always', REQLENS_TRUST_TRACEPARENT: 'never' });
  test('the request id gives the trace; the caller is linked', async () => {
    const { id } = await relay(app(), { headers: { traceparent, 'X-Request-ID': uuid } });
    expect(id).toBe(uuid);
    const entry = entrySpan(await spansOf(app(), id));
    expect([entry.traceId, entry.parentSpanId]).toEqual([uuid.replaceAll('-', ''), undefined]);
    expect(entry.links).toEqual([{ traceId, spanId: parentId }]);
  });
});

describe('trust by address', () => {
  const app = startApp({ REQLENS_TRUST_REQUEST_ID: '127.0.0.2/31', REQLENS_TRUST_TRACEPARENT: '127.0.0.3' });
  test.each([
    { from: '127.0.0.2', headers: { 'X-Request-ID': 'given' }, isKept: true },
    { from: '127.0.0.3', headers: { 'X-Request-ID': 'given' }, isKept: true },
    { from: '127.0.0.4', headers: { 'X-Request-ID': 'given' }, isKept: false },
    { from: '127.0.0.3', headers: { traceparent }, isKept: true },
    { from: '127.0.0.2', headers: { traceparent }, isKept: false },
  ])('$from with $headers: kept $isKept', async ({ from, headers, isKept }) => {
    const { id } = await relay(app(), { from, headers });
    expect(id === 'given' || id === asUuid).toBe(isKept);
  });

  test('the server listens on IPv6 too, so that these addresses came mapped into it', async () => {
    const { id } = await relay(app(), { from: '127.0.0.2', headers: { 'X-Request-ID': 'mapped' } });
    const entry = entrySpan(await spansOf(app(), id, 3));
    expect(entry.attributes['network.peer.address']).toBe('::ffff:127.0.0.2');
  });
});

describe('OTEL_PROPAGATORS', () => {
  const single = { b3: `${traceId}-${parentId}-1` };
  const multi = { 'X-B3-TraceId': traceId, 'X-B3-SpanId': parentId, 'X-B3-Sampled': '1' };
  test.each([
    {
      name: 'b3',
      env: { OTEL_PROPAGATORS: 'b3' },
      headers: single,
      told: /^0af7[\da-f]{28}-[\da-f]{16}-1$/,
      field: 'b3',
    },
    {
      name: 'b3multi',
      env: { OTEL_PROPAGATORS: 'b3multi' },
      headers: multi,
      told: new RegExp(`^${traceId}$`),
      field: 'x-b3-traceid',
    },
    {
      name: 'tracecontext and b3',
      env: { OTEL_PROPAGATORS: 'tracecontext,b3' },
      headers: single,
      told: new RegExp(`^00-${traceId}-`),
      field: 'traceparent',
    },
  ])('$name: a caller with B3 headers is joined', async ({ env, headers, told, field }) => {
    const app = await startTracedApp('relay-app.mjs', { env });
    const { id, http, fetch } = await relay(app, { headers });
    await app.stop();
    expect(id).toBe(asUuid);
    const entry = entrySpan(app.spans());
    expect([entry.traceId, entry.parentSpanId]).toEqual([traceId, parentId]);
    expect([http[field], fetch[field]]).toEqual([expect.stringMatching(told), expect.stringMatching(told)]);
  });

  test('b3 of an untrusted caller is a link', async () => {
    const app = await startTracedApp('relay-app.mjs', {
      env: { OTEL_PROPAGATORS: 'b3', REQLENS_TRUST_TRACEPARENT: 'never' },
    });
    const { id } = await relay(app, { headers: single });
    await app.stop();
    expect(id).toMatch(newId);
    const entry = entrySpan(app.spans());
    expect([entry.parentSpanId, entry.links]).toEqual([undefined, [{ traceId, spanId: parentId }]]);
  });

  test('a short B3 trace id is filled up with zeros', async () => {
    const app = await startTracedApp('relay-app.mjs', { env: { OTEL_PROPAGATORS: 'b3' } });
    const { id } = await relay(app, { headers: { b3: `8448eb211c80319c-${parentId}-1` } });
    await app.stop();
    expect(id).toBe('00000000-0000-0000-8448-eb211c80319c');
  });

  test('none: nothing is read and nothing but the request id is sent', async () => {
    const app = await startTracedApp('relay-app.mjs', { env: { OTEL_PROPAGATORS: 'none' } });
    const { id, http, fetch } = await relay(app, { headers: { traceparent, baggage: 'a=1' } });
    await app.stop();
    expect(id).toMatch(newId);
    for (const told of [http, fetch]) {
      expect([told['x-request-id'], told['traceparent'], told['baggage']]).toEqual([id, undefined, undefined]);
    }
    const entries = app.spans().filter(({ attributes }) => attributes['url.path'] === '/relay');
    expect(entries.map(({ parentSpanId, links }) => [parentSpanId, links])).toEqual([[undefined, []]]);
  });
});

describe('REQLENS_SEND_REQUEST_ID_TO', () => {
  test.each([
    { rule: 'never', host: '127.0.0.1', isTold: false },
    { rule: 'example.com', host: '127.0.0.1', isTold: false },
    { rule: 'example.com', host: 'localhost', isTold: false },
    { rule: 'localhost', host: 'localhost', isTold: true },
    { rule: 'localhost', host: '127.0.0.1', isTold: false },
    { rule: '127.0.0.0/8', host: '127.0.0.1', isTold: true },
    { rule: 'always', host: 'localhost', isTold: true },
  ])('$rule, call to $host: told $isTold, and traceparent goes out in any case', async ({ rule, host, isTold }) => {
    const app = await startTracedApp('relay-app.mjs', { env: { REQLENS_SEND_REQUEST_ID_TO: rule } });
    const to = encodeURIComponent(`http://${host}:${app.port}/seen`);
    // Without a header of the caller the id on the called side is a new one, or the trace's, which is why its own spelling is sent.
    const { http, fetch } = await relay(app, { headers: { 'X-Request-ID': 'spelled-so' }, query: `to=${to}` });
    await app.stop();
    const received = app
      .spans()
      .filter(({ kind, attributes }) => kind === 2 && attributes['url.path'] === '/seen')
      .map(({ attributes }) => attributes['http.request.header.x-request-id']);
    expect(received).toEqual(isTold ? [['spelled-so'], ['spelled-so']] : [undefined, undefined]);
    expect([http['traceparent'], fetch['traceparent']].every((told) => told?.includes(hashed('spelled-so')))).toBe(
      true,
    );
  });
});
