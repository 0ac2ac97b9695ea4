/** The SQLite store by its port: what is listed, found, searched, kept and removed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { SqliteStore } from '../../collector/store/sqlite-store.ts';
import {
  type Batch,
  type LogRecord,
  type SpanRecord,
  StoreUnavailableError,
} from '../../collector/store/telemetry-store.ts';
import { temporaryFolder } from './collector-process.ts';

const hourMs = 3_600_000;
const mib = 1024 * 1024;
const list = { limit: 100, isErrorOnly: false };

function openStore(options: Partial<ConstructorParameters<typeof SqliteStore>[0]> = {}): SqliteStore {
  const store = new SqliteStore({ path: undefined, maxAgeMs: 72 * hourMs, maxBytes: 1024 * mib, ...options });
  onTestFinished(() => store.close());
  return store;
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');

/** Span `number` of trace `trace`: a server span without a parent unless said otherwise. */
const span = (trace: number, number: number, extra: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: hex(trace, 32),
  spanId: hex(number, 16),
  parentSpanId: '',
  name: `span ${number}`,
  kind: 2,
  startUnixNano: 1_763_932_800_000_000_000n + BigInt(number),
  endUnixNano: 1_763_932_800_000_001_000n,
  status: 0,
  statusMessage: '',
  attributes: {},
  events: [],
  links: [],
  ...extra,
});

const log = (extra: Partial<LogRecord> = {}): LogRecord => ({
  timeUnixNano: 1_763_932_800_000_000_000n,
  observedTimeUnixNano: 0n,
  severityNumber: 9,
  severityText: 'INFO',
  body: 'hello',
  attributes: {},
  traceId: '',
  spanId: '',
  ...extra,
});

const from = <Item>(service: string, items: readonly Item[]): Batch<Item>[] => [
  { resource: { 'service.name': service }, scope: { name: 'test', version: '' }, items },
];

const child = (number: number, parent: number): Partial<SpanRecord> => ({
  parentSpanId: hex(parent, 16),
  kind: 1,
  name: `child ${number}`,
});
const namesIn = async (store: SqliteStore, query = {}): Promise<string[]> =>
  (await store.listRequests({ ...list, ...query })).requests.map(({ name }) => name);

test('each service of a trace has one request: a span of kind server under a span of the same resource is none', async () => {
  const store = openStore();
  store.addSpans(
    from('shop', [span(1, 1), span(1, 2, { ...child(2, 1), kind: 3 }), span(1, 4, { ...child(4, 2), kind: 2 })]),
  );
  store.addSpans(
    from('stock', [span(1, 3, { ...child(3, 2), kind: 2, name: 'stock' }), span(1, 5, { ...child(5, 3), kind: 5 })]),
  );
  expect(await namesIn(store)).toStrictEqual(['stock', 'span 1']);
  const { requests } = await store.listRequests(list);
  expect(requests[1]).toMatchObject({ service: 'shop', spanCount: 5, errorCount: 0, logCount: 0 });
});

test('a trace whose root has not arrived is listed by its earliest span, until the root is there', async () => {
  const store = openStore();
  store.addSpans(from('shop', [span(1, 3, child(3, 1)), span(1, 2, child(2, 1))]));
  expect(await namesIn(store)).toStrictEqual(['child 2']);
  store.addSpans(from('shop', [span(1, 1)]));
  expect(await namesIn(store)).toStrictEqual(['span 1']);
});

test('a server span whose parent of the same service arrives later leaves the list, and its trace stays in it', async () => {
  const store = openStore();
  store.addSpans(from('shop', [span(1, 2, { ...child(2, 1), kind: 2, name: 'inner' })]));
  expect(await namesIn(store)).toStrictEqual(['inner']);
  store.addSpans(from('shop', [span(1, 1, { parentSpanId: hex(9, 16), kind: 1, name: 'outer' })]));
  expect(await namesIn(store)).toStrictEqual(['outer']);
});

test('pages follow each other without gap or overlap while newer requests arrive', async () => {
  const store = openStore();
  store.addSpans(
    from(
      'shop',
      Array.from({ length: 25 }, (_, index) => span(index + 1, index + 1)),
    ),
  );
  const first = await store.listRequests({ ...list, limit: 10 });
  store.addSpans(from('shop', [span(99, 99)]));
  const second = await store.listRequests({ ...list, limit: 10, ...(first.next && { before: first.next }) });
  const third = await store.listRequests({ ...list, limit: 10, ...(second.next && { before: second.next }) });
  const names = [first, second, third].flatMap(({ requests }) => requests.map(({ name }) => name));
  expect(names).toStrictEqual(Array.from({ length: 25 }, (_, index) => `span ${25 - index}`));
  expect(third.next).toBeUndefined();
});

test('the list can be narrowed to one service and to failed requests', async () => {
  const store = openStore();
  store.addSpans(from('shop', [span(1, 1), span(2, 2, { status: 2 })]));
  store.addSpans(from('stock', [span(3, 3, { status: 2 }), span(4, 4)]));
  expect(await namesIn(store, { service: 'stock' })).toStrictEqual(['span 4', 'span 3']);
  expect(await namesIn(store, { isErrorOnly: true })).toStrictEqual(['span 3', 'span 2']);
  expect(await namesIn(store, { isErrorOnly: true, service: 'shop' })).toStrictEqual(['span 2']);
});

test('a request id is found in every spelling, from each attribute that carries one', async () => {
  const store = openStore();
  const uuid = '0194b2f0-a1b2-7c3d-8e4f-5a6b7c8d9e0f';
  store.addSpans(
    from('shop', [
      span(1, 1, { traceId: uuid.replaceAll('-', ''), attributes: { 'reqlens.request.id': uuid } }),
      span(2, 2, { attributes: { 'reqlens.request.id': 'Order_17@Shop' } }),
      span(3, 3, { attributes: { 'http.request.header.x-request-id': ['from-client', 'second'] } }),
      span(4, 4, { attributes: { 'http.response.header.x-request-id': ['AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE'] } }),
    ]),
  );
  const spellings: [string, string][] = [
    [uuid, uuid.replaceAll('-', '')],
    [uuid.toUpperCase(), uuid.replaceAll('-', '')],
    [uuid.replaceAll('-', ''), uuid.replaceAll('-', '')],
    [`  ${uuid} `, uuid.replaceAll('-', '')],
    ['Order_17@Shop', hex(2, 32)],
    ['order_17@shop', hex(2, 32)],
    ['from-client', hex(3, 32)],
    ['second', hex(3, 32)],
    ['aaaaaaaabbbbccccddddeeeeeeeeeeee', hex(4, 32)],
    ['aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', hex(4, 32)],
    [hex(3, 32), hex(3, 32)],
  ];
  for (const [spelling, traceId] of spellings) {
    expect([spelling, await store.find(spelling)]).toMatchObject([spelling, { kind: 'trace', traceId }]);
  }
});

test('an id that several traces carry leads to all their requests, newest first', async () => {
  const store = openStore();
  const attributes = { 'http.request.header.x-request-id': ['again'] };
  store.addSpans(from('shop', [span(1, 1, { attributes }), span(2, 2, { attributes }), span(3, 3)]));
  expect(await store.find('again')).toMatchObject({
    kind: 'matches',
    requests: [{ name: 'span 2' }, { name: 'span 1' }],
    logs: [],
  });
});

/** A request with trace 1, and two tasks for it with traces 2 and 3. */
function requestWithTasks(requestId: string, traceId: string): SqliteStore {
  const store = openStore();
  const ofRequest = { attributes: { 'reqlens.request.id': requestId } };
  // The tasks' lines and spans arrive before those of the request.
  store.addLogs(
    from('worker', [
      log({ traceId: hex(2, 32), body: 'second', timeUnixNano: 2n, ...ofRequest }),
      log({ traceId: hex(3, 32), body: 'fourth', timeUnixNano: 4n, ...ofRequest }),
    ]),
  );
  store.addSpans(from('worker', [span(2, 2, { ...ofRequest, kind: 1 }), span(3, 3, { ...ofRequest, kind: 1 })]));
  store.addLogs(
    from('shop', [
      log({ traceId, body: 'third', timeUnixNano: 3n, ...ofRequest }),
      log({ traceId, body: 'first', timeUnixNano: 1n, ...ofRequest }),
    ]),
  );
  store.addSpans(from('shop', [span(1, 1, { ...ofRequest, traceId })]));
  return store;
}

for (const { kind, requestId, traceId } of [
  { kind: 'a UUID', requestId: '0194b2f0-a1b2-7c3d-8e4f-5a6b7c8d9e0f', traceId: '0194b2f0a1b27c3d8e4f5a6b7c8d9e0f' },
  // SHA-256 of order-77, its first 128 bits.
  {
    kind: 'hashed',
    requestId: 'order-77',
    traceId: createHash('sha256').update('order-77').digest('hex').slice(0, 32),
  },
]) {
  test(`an id (${kind}) that background tasks share leads to the request, whose trace has the lines of all, by time, and names the tasks`, async () => {
    const store = requestWithTasks(requestId, traceId);
    expect(await store.find(requestId)).toStrictEqual({ kind: 'trace', traceId, requestId });
    const request = store.trace(traceId);
    expect(request).toMatchObject({ traceId, requestId, spans: [{ name: 'span 1' }] });
    expect(request).not.toHaveProperty('isBackground');
    expect(request?.logs.map((line) => [line.body, line.traceId])).toStrictEqual([
      ['first', traceId],
      ['second', hex(2, 32)],
      ['third', traceId],
      ['fourth', hex(3, 32)],
    ]);
    expect(request?.related.map(({ name, isBackground }) => [name, isBackground])).toStrictEqual([
      ['span 2', true],
      ['span 3', true],
    ]);
  });

  test(`a task (of ${kind}) has its own lines, and leads to the request and to its other tasks`, () => {
    const store = requestWithTasks(requestId, traceId);
    const task = store.trace(hex(2, 32));
    expect(task).toMatchObject({ requestId, isBackground: true, logs: [{ body: 'second' }] });
    expect(task?.related.map(({ name, isBackground }) => [name, isBackground])).toStrictEqual([
      ['span 3', true],
      ['span 1', undefined],
    ]);
    expect(store.requestsOf(hex(2, 32))).toMatchObject([{ name: 'span 2', isBackground: true }]);
  });
}

test('an id that is only in a header which anyone can send relates no traces', async () => {
  const requestId = 'order-77';
  const store = requestWithTasks(requestId, hex(9, 32));
  store.addSpans(from('shop', [span(7, 7, { attributes: { 'http.request.header.x-request-id': [requestId] } })]));
  expect(store.trace(hex(7, 32))?.related).toStrictEqual([]);
  expect(store.trace(hex(2, 32))?.related.map(({ name }) => name)).toStrictEqual(['span 3', 'span 1']);
  // No trace of these is the request's own: which one is meant cannot be known.
  expect(await store.find(requestId)).toMatchObject({ kind: 'matches' });
});

test('the request id of a trace is that of its root, whatever arrives first', () => {
  const store = openStore();
  const own = { 'reqlens.request.id': '00000000-0000-0000-0000-000000000002' };
  store.addSpans(from('api', [span(2, 22, { ...child(22, 2), kind: 2, attributes: own })]));
  store.addSpans(from('worker', [span(2, 2, { kind: 1, attributes: { 'reqlens.request.id': 'order-77' } })]));
  store.addSpans(from('api', [span(2, 23, { ...child(23, 22), attributes: own })]));
  expect(store.trace(hex(2, 32))).toMatchObject({ requestId: 'order-77', isBackground: true });
});

test('text is found in names, values, events and log lines, taken literally, whatever its case', async () => {
  const store = openStore();
  store.addSpans(
    from('shop', [
      span(1, 1, { name: 'GET /100%_sure' }),
      span(2, 2, { attributes: { 'db.query.text': 'say "hi" \\ back', nested: { deep: ['needle-in-list'] } } }),
      span(3, 3, {
        events: [{ name: 'exception', timeUnixNano: 1n, attributes: { 'exception.message': 'no more eggs' } }],
      }),
      span(4, 4),
      span(5, 5, { name: 'nul\0byte', statusMessage: 'größer' }),
    ]),
  );
  store.addLogs(from('shop', [log({ body: 'nul\0in a line', traceId: hex(4, 32) }), log({ body: 'without a trace' })]));
  const expected: [string, string[]][] = [
    ['100%_SURE', ['GET /100%_sure']],
    ['%', ['GET /100%_sure']],
    ['_', ['GET /100%_sure']],
    ['"hi" \\ B', ['span 2']],
    ['needle-in', ['span 2']],
    ['more eggs', ['span 3']],
    ['in a line', ['span 4']],
    ['nul\0B', ['nul\u2400byte']],
    ['byte', ['nul\u2400byte']],
    ['größer', ['nul\u2400byte']],
    ['db.query.text', []],
    ['OR NOT AND NEAR(', []],
    ['"', ['span 2']],
  ];
  for (const [text, names] of expected) {
    expect([text, await namesIn(store, { text })]).toStrictEqual([text, names]);
  }
  expect(await store.find('without A trace')).toMatchObject({
    kind: 'matches',
    requests: [],
    logs: [{ body: 'without a trace' }],
  });
});

test('a search over more than one page of requests and slice of log lines misses nothing', async () => {
  const store = openStore();
  const spans = Array.from({ length: 1234 }, (_, index) =>
    span(index + 1, index + 1, { name: index % 400 === 0 ? 'rare' : 'common' }),
  );
  store.addSpans(from('shop', spans));
  store.addLogs(
    from(
      'shop',
      spans.map((_, index) => log({ body: index % 600 === 0 ? 'rare line' : 'common line' })),
    ),
  );
  expect(await namesIn(store, { text: 'rare' })).toHaveLength(4);
  expect(await store.find('rare line')).toMatchObject({ logs: [{}, {}, {}] });
  const limited = await store.listRequests({ ...list, limit: 3, text: 'rare' });
  const rest = await store.listRequests({
    ...list,
    limit: 3,
    text: 'rare',
    ...(limited.next && { before: limited.next }),
  });
  expect([limited.requests.length, rest.requests.length, rest.next]).toStrictEqual([3, 1, undefined]);
});

test('spans come back by start time and whole; log lines by time', () => {
  const store = openStore();
  store.addSpans(
    from('shop', [
      span(1, 2, { startUnixNano: 5n, endUnixNano: 4n }),
      span(1, 3, { startUnixNano: 5n }),
      span(1, 1, { startUnixNano: 4n, endUnixNano: 9n }),
    ]),
  );
  store.addLogs(
    from('shop', [
      log({ traceId: hex(1, 32), timeUnixNano: 0n, observedTimeUnixNano: 7n, body: 'b' }),
      log({ traceId: hex(1, 32), timeUnixNano: 6n, body: 'a' }),
    ]),
  );
  const trace = store.trace(hex(1, 32));
  expect(
    trace?.spans.map(({ spanId, startUnixNano, durationNs }) => [spanId, startUnixNano, durationNs]),
  ).toStrictEqual([
    [hex(1, 16), '4', 5],
    [hex(2, 16), '5', 0],
    [hex(3, 16), '5', Number.MAX_SAFE_INTEGER],
  ]);
  expect(trace?.logs.map(({ body, timeUnixNano }) => [body, timeUnixNano])).toStrictEqual([
    ['a', '6'],
    ['b', '7'],
  ]);
  expect(store.trace(hex(2, 32))).toBeUndefined();
});

test('what is older than the age limit goes, whole traces first in first out; what is younger stays', async () => {
  let nowMs = 1_000 * hourMs;
  const store = openStore({ maxAgeMs: 2 * hourMs, now: () => nowMs });
  const attributes = { 'reqlens.request.id': 'old-one' };
  store.addSpans(
    from(
      'shop',
      Array.from({ length: 1000 }, (_, index) => span(1, index + 1, { attributes })),
    ),
  );
  store.addLogs(
    from(
      'shop',
      Array.from({ length: 700 }, () => log({ traceId: hex(1, 32) })),
    ),
  );
  nowMs += 90 * 60_000;
  store.addSpans(from('stock', [span(2, 1)]));
  store.addLogs(from('stock', [log()]));
  expect(store.pruneStep()).toBe(false);
  expect(store.totals()).toMatchObject({ spans: 1001, logRecords: 701 });
  nowMs += 40 * 60_000;
  while (store.pruneStep());
  expect(store.totals()).toMatchObject({ spans: 1, logRecords: 1 });
  expect(await namesIn(store)).toStrictEqual(['span 1']);
  expect(await store.find('old-one')).toStrictEqual({ kind: 'matches', requests: [], logs: [] });
  nowMs += 10 * hourMs;
  while (store.pruneStep());
  expect(store.totals()).toMatchObject({ spans: 0, logRecords: 0, services: [] });
});

test('when the database is larger than its limit the oldest go, the file shrinks, and the newest stay', async () => {
  const path = join(temporaryFolder(), 'telemetry.db');
  const store = openStore({ path, maxBytes: 2 * mib });
  for (let round = 0; round < 20; round += 1) {
    const spans = Array.from({ length: 500 }, (_, index) =>
      span(round * 500 + index + 1, index + 1, { attributes: { text: 'x'.repeat(400) } }),
    );
    store.addSpans(from('shop', spans));
    store.addLogs(
      from(
        'shop',
        spans.map(({ traceId }) => log({ traceId, body: 'y'.repeat(100) })),
      ),
    );
  }
  expect(store.totals().storedBytes).toBeGreaterThan(5 * mib);
  let steps = 0;
  while (store.pruneStep()) steps += 1;
  const { spans, logRecords, storedBytes } = store.totals();
  expect(steps).toBeGreaterThan(1);
  expect(storedBytes).toBeLessThanOrEqual(2 * mib);
  expect([spans > 500, logRecords > 500]).toStrictEqual([true, true]);
  expect(store.trace(hex(10_000, 32))).toMatchObject({ spans: [{}], logs: [{}] });
  expect(store.trace(hex(1, 32))).toBeUndefined();
});

test('removal that was interrupted goes on after a restart', () => {
  const path = join(temporaryFolder(), 'telemetry.db');
  let nowMs = 1_000 * hourMs;
  const options = { path, maxAgeMs: hourMs, now: () => nowMs };
  const first = openStore(options);
  first.addSpans(
    from(
      'shop',
      Array.from({ length: 20_000 }, (_, index) => span(1, index + 1)),
    ),
  );
  nowMs += 2 * hourMs;
  expect(first.pruneStep()).toBe(true);
  expect(first.trace(hex(1, 32))).toBeUndefined();
  first.close();
  const second = openStore(options);
  second.addSpans(from('shop', [span(1, 1, { name: 'new life' })]));
  while (second.pruneStep());
  expect(second.totals()).toMatchObject({ spans: 1 });
  expect(second.trace(hex(1, 32))).toMatchObject({ spans: [{ name: 'new life' }] });
  second.close();
  expect(new DatabaseSync(path).prepare('SELECT count(*) AS n FROM span').get()).toStrictEqual(
    expect.objectContaining({ n: 1 }),
  );
});

test.each([
  [
    'of another version',
    (path: string) => new DatabaseSync(path).exec('CREATE TABLE old (a); PRAGMA user_version = 99'),
  ],
  ['of another program', (path: string) => new DatabaseSync(path).exec('CREATE TABLE theirs (a)')],
  [
    'that is no database',
    (path: string) => writeFileSync(path, 'something else entirely, of some length '.repeat(100)),
  ],
])('a file %s is moved aside, not deleted, and a new one begins', (_name, make) => {
  const folder = temporaryFolder();
  const path = join(folder, 'telemetry.db');
  make(path);
  const store = openStore({ path });
  store.addSpans(from('shop', [span(1, 1)]));
  expect(store.movedAside?.path).toMatch(/telemetry\.db\.unusable-\d{4}-\d\d-\d\dT\d{9}Z$/);
  expect(existsSync(store.movedAside?.path ?? '')).toBe(true);
  expect(readdirSync(folder).filter((name) => name.includes('unusable'))).toHaveLength(1);
  store.close();
  const again = openStore({ path });
  expect([again.movedAside, again.totals().spans]).toStrictEqual([undefined, 1]);
});

test('when the database refuses, nothing of the request is stored and the error says that sending again may work', () => {
  const path = join(temporaryFolder(), 'telemetry.db');
  const store = openStore({ path });
  store.addSpans(from('shop', [span(1, 1)]));
  store.close();
  expect(() => store.addSpans(from('shop', [span(2, 2)]))).toThrow(StoreUnavailableError);
});
