/** What tracked requests used: what the store keeps of it, how it sorts and sums it up, and what `/api/usage` answers. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { SqliteStore } from '../../collector/store/sqlite-store.ts';
import type { Attributes, Batch, SpanRecord } from '../../collector/store/telemetry-store.ts';
import type { UsageQuery } from '../../collector/store/usage-port.ts';
import { api, postJson, startCollectorProcess, temporaryFolder } from './collector-process.ts';
import { attributesJson, spanJson, tracesJson } from './otlp-samples.ts';

const hourMs = 3_600_000;
const startNs = 1_763_932_800_000_000_000n;
const all: UsageQuery = {
  view: 'requests',
  by: 'cpu',
  order: 'value',
  sinceUnixNano: 0n,
  limit: 100,
  isErrorOnly: false,
};

function openStore(options: Partial<ConstructorParameters<typeof SqliteStore>[0]> = {}): SqliteStore {
  const store = new SqliteStore({ path: undefined, maxAgeMs: 72 * hourMs, maxBytes: 2 ** 40, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** A tracked request, `number` seconds after the first. */
function tracked(number: number, figures: Attributes, extra: Partial<SpanRecord> = {}): SpanRecord {
  const start = startNs + BigInt(number) * 1_000_000_000n;
  const usage = Object.fromEntries(Object.entries(figures).map(([name, value]) => [`reqlens.usage.${name}`, value]));
  return {
    traceId: number.toString(16).padStart(32, '0'),
    spanId: number.toString(16).padStart(16, '0'),
    parentSpanId: '',
    name: `request ${number}`,
    kind: 2,
    startUnixNano: start,
    endUnixNano: start + 100_000_000n,
    status: 0,
    statusMessage: '',
    events: [],
    links: [],
    ...extra,
    attributes: { 'reqlens.usage.method': 'segments/thread-cpu', ...usage, ...extra.attributes },
  };
}

const from = (service: string, items: readonly SpanRecord[]): Batch<SpanRecord>[] => [
  { resource: { 'service.name': service }, scope: { name: 'test', version: '' }, items },
];
const namesIn = async (store: SqliteStore, query: Partial<UsageQuery> = {}): Promise<string[]> =>
  (await store.usage({ ...all, ...query })).requests.map(({ name }) => name);

const route = (method: string, path: string, account?: string): Partial<SpanRecord> => ({
  attributes: {
    'http.request.method': method,
    'http.route': path,
    ...(account !== undefined && { 'reqlens.account.id': account }),
  },
});

test('tracked requests are sorted by each figure, those without it last, equal ones newest first', async () => {
  const store = openStore();
  store.addSpans(
    from('shop', [
      tracked(1, { cpu_ms: 5, wait_ms: 1, heap_allocated_bytes: 10, external_memory_bytes: 5, file_read_bytes: 9 }),
      tracked(2, {
        cpu_ms: 7.5,
        wait_ms: 9,
        heap_allocated_bytes: 12,
        socket_read_bytes: 4,
        outgoing_written_bytes: 4,
      }),
      tracked(3, {}),
      tracked(4, { cpu_ms: 5, wait_ms: 3, heap_allocated_bytes: 1, socket_written_bytes: 1 }),
      tracked(5, {}, { attributes: { 'reqlens.usage.method': 7 } }),
    ]),
  );
  expect(await namesIn(store)).toStrictEqual(['request 2', 'request 4', 'request 1', 'request 5', 'request 3']);
  expect(await namesIn(store, { by: 'wait', limit: 2 })).toStrictEqual(['request 2', 'request 4']);
  expect(await namesIn(store, { by: 'memory', limit: 2 })).toStrictEqual(['request 1', 'request 2']);
  expect(await namesIn(store, { by: 'io', limit: 3 })).toStrictEqual(['request 1', 'request 2', 'request 4']);
  expect(await namesIn(store, { order: 'newest', limit: 2 })).toStrictEqual(['request 5', 'request 4']);
  expect((await store.usage({ ...all, limit: 1 })).requests[0]).toMatchObject({
    traceId: '2'.padStart(32, '0'),
    service: 'shop',
    durationNs: 100_000_000,
    cpuMs: 7.5,
    waitMs: 9,
    memoryBytes: 12,
    ioBytes: 8,
    isComplete: true,
    measuredBy: 'segments/thread-cpu',
  });
});

test('only requests that were tracked are there: not other spans, nor figures that are no figures', async () => {
  const store = openStore();
  const untracked = { ...tracked(1, {}), attributes: { 'http.route': '/a', 'reqlens.account.id': 'acme' } };
  const inner = tracked(2, { cpu_ms: 1 }, { parentSpanId: 'f'.repeat(16), kind: 1 });
  const odd = tracked(3, { cpu_ms: -1, wait_ms: 2 ** 60, socket_read_bytes: 'x', is_complete: false });
  const foreign = { ...tracked(4, {}), attributes: { 'reqlens.usage.cpu_ms': 3 } };
  store.addSpans(from('shop', [untracked, inner, odd, foreign]));
  const { requests, requestCount } = await store.usage(all);
  expect(requestCount).toBe(2);
  expect(
    requests.map(({ name, cpuMs, waitMs, ioBytes, isComplete }) => [name, cpuMs, waitMs, ioBytes, isComplete]),
  ).toStrictEqual([
    ['request 4', 3, undefined, undefined, true],
    ['request 3', undefined, undefined, undefined, false],
  ]);
});

test('a span sent again replaces what it said, also when it says nothing more', async () => {
  const store = openStore();
  store.addSpans(from('shop', [tracked(1, { cpu_ms: 1 }), tracked(2, { cpu_ms: 2 })]));
  store.addSpans(from('shop', [tracked(1, { cpu_ms: 8 }), { ...tracked(2, {}), attributes: {} }]));
  expect((await store.usage(all)).requests.map(({ name, cpuMs }) => [name, cpuMs])).toStrictEqual([['request 1', 8]]);
});

test('routes and accounts are summed up: count, median, 95th percentile and sum, in each order', async () => {
  const store = openStore();
  const many = Array.from({ length: 20 }, (_, at) =>
    tracked(at + 1, { cpu_ms: at + 1 }, route('GET', '/list', at < 5 ? 'acme' : undefined)),
  );
  store.addSpans(from('shop', [...many, tracked(40, { cpu_ms: 150 }, route('POST', '/pay', 'acme'))]));
  store.addSpans(from('stock', [tracked(50, {}, route('GET', '/list', 'b'))]));
  const routes = await store.usage({ ...all, view: 'routes' });
  const list = { service: 'shop', route: 'GET /list', count: 20, figure: { count: 20, median: 10, p95: 19, sum: 210 } };
  const pay = { service: 'shop', route: 'POST /pay', count: 1, figure: { count: 1, median: 150, p95: 150, sum: 150 } };
  const unknown = { service: 'stock', route: 'GET /list', count: 1 };
  expect(routes).toStrictEqual({
    requests: [],
    groups: [list, pay, unknown],
    requestCount: 22,
    groupCount: 3,
    isBounded: false,
  });
  const inOrder = async (order: UsageQuery['order']): Promise<unknown> =>
    (await store.usage({ ...all, view: 'routes', order, limit: 1 })).groups;
  expect(await Promise.all([inOrder('median'), inOrder('p95'), inOrder('count')])).toStrictEqual([
    [pay],
    [pay],
    [list],
  ]);
  const accounts = await store.usage({ ...all, view: 'accounts' });
  expect(accounts.groups).toStrictEqual([
    { count: 15, figure: { count: 15, median: 13, p95: 20, sum: 195 } },
    { account: 'acme', count: 6, figure: { count: 6, median: 3, p95: 150, sum: 165 } },
    { account: 'b', count: 1 },
  ]);
});

test('service, route, account, errors and time narrow down', async () => {
  const store = openStore();
  const paid = { 'http.request.method': 'POST', 'http.route': '/pay', 'reqlens.account.id': 'acme' };
  store.addSpans(from('shop', [tracked(1, { cpu_ms: 1 }), tracked(2, { cpu_ms: 2 }, { attributes: paid, status: 2 })]));
  store.addSpans(from('stock', [tracked(3, { cpu_ms: 3 })]));
  expect(await namesIn(store, { service: 'stock' })).toStrictEqual(['request 3']);
  expect(await namesIn(store, { route: 'POST /pay' })).toStrictEqual(['request 2']);
  expect(await namesIn(store, { account: 'acme' })).toStrictEqual(['request 2']);
  expect(await namesIn(store, { isErrorOnly: true })).toStrictEqual(['request 2']);
  expect(await namesIn(store, { sinceUnixNano: startNs + 2_000_000_000n })).toStrictEqual(['request 3', 'request 2']);
});

test('of more than 50,000 tracked requests the newest are looked at, and the answer says so', async () => {
  const store = openStore();
  const costs = Array.from({ length: 50_001 }, (_, at) => tracked(at + 1, { cpu_ms: at === 0 ? 99 : 1 }));
  store.addSpans(from('shop', costs));
  const { requests, requestCount, isBounded } = await store.usage({ ...all, limit: 1 });
  expect([requests[0]?.name, requestCount, isBounded]).toStrictEqual(['request 50001', 50_000, true]);
  const ended = new AbortController();
  ended.abort();
  expect((await store.usage(all, ended.signal)).requestCount).toBe(1000);
});

test('what retention removes is gone from here too', async () => {
  let nowMs = Date.now();
  const store = openStore({ now: () => nowMs });
  store.addSpans(from('shop', [tracked(1, { cpu_ms: 1 })]));
  nowMs += 73 * hourMs;
  while (store.pruneStep());
  expect((await store.usage(all)).requestCount).toBe(0);
});

test('a database of the version before is taken over with all that is in it', async () => {
  const path = join(temporaryFolder(), 'telemetry.db');
  const first = openStore({ path });
  first.addSpans(
    from('shop', [tracked(1, {}, { attributes: { 'reqlens.usage.method': 7, 'reqlens.request.id': 'old-1' } })]),
  );
  first.close();
  const file = new DatabaseSync(path);
  file.exec('DROP TABLE usage; PRAGMA user_version = 1');
  file.close();
  const second = openStore({ path });
  expect([second.movedAside, second.totals().spans]).toStrictEqual([undefined, 1]);
  expect(await second.find('old-1')).toMatchObject({ kind: 'trace', requestId: 'old-1' });
  second.addSpans(from('shop', [tracked(2, { cpu_ms: 4 })]));
  expect(await namesIn(second)).toStrictEqual(['request 2']);
  second.close();
  expect(await namesIn(openStore({ path }))).toStrictEqual(['request 2']);
});

test('/api/usage answers requests and groups, and says what is wrong with a parameter', async () => {
  const collector = await startCollectorProcess('--memory');
  const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)];
  const attributes = {
    'http.request.method': 'GET',
    'http.route': '/cart',
    'http.response.status_code': 200,
    'reqlens.account.id': 'acme',
    'reqlens.usage.cpu_ms': 12,
    'reqlens.usage.method': 'segments/thread-cpu',
  };
  await postJson(
    collector,
    '/v1/traces',
    tracesJson([spanJson(traceId, spanId, { attributes: attributesJson(attributes) })]),
  );
  const counts = { requestCount: 1, isBounded: false };
  const row = {
    traceId,
    spanId,
    service: 'shop',
    name: 'GET /cart',
    method: 'GET',
    target: '/cart',
    statusCode: 200,
    startUnixNano: '1763932800000000000',
    durationNs: 12_000_000,
    isError: false,
    spanCount: 1,
    errorCount: 0,
    logCount: 0,
    account: 'acme',
    cpuMs: 12,
    isComplete: true,
    measuredBy: 'segments/thread-cpu',
  };
  expect(await api(collector, '/api/usage')).toStrictEqual({
    status: 200,
    json: { requests: [row], groups: [], groupCount: 0, ...counts },
  });
  const figure = { count: 1, median: 12, p95: 12, sum: 12 };
  expect(await api(collector, '/api/usage?view=accounts&order=p95&since=1763932800000&service=shop')).toStrictEqual({
    status: 200,
    json: { requests: [], groups: [{ account: 'acme', count: 1, figure }], groupCount: 1, ...counts },
  });
  expect((await api(collector, '/api/usage?since=1763932800001')).json).toMatchObject({ requestCount: 0 });
  const refused: readonly (readonly [string, string])[] = [
    ['view=x', 'view: expected one of requests, routes, accounts, got "x"'],
    ['by=watts', 'by: expected one of cpu, wait, memory, io, duration, got "watts"'],
    ['order=x', 'order: expected one of value, newest, median, p95, count, got "x"'],
    ['since=-1', 'since: expected Unix milliseconds, got "-1"'],
    ['since=9999999999999', 'since: expected Unix milliseconds, got "9999999999999"'],
    ['limit=501', 'limit: expected a whole number from 1 to 500, got "501"'],
    ['errors=yes', 'errors: expected 1 or 0, got "yes"'],
    [`account=${'x'.repeat(2001)}`, 'account: expected at most 2000 characters, got 2001'],
  ];
  for (const [query, detail] of refused) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is fast enough
    const { status, json } = await api(collector, `/api/usage?${query}`);
    expect([status, json]).toMatchObject([400, { detail }]);
  }
});
