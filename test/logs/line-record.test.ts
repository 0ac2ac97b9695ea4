/** The log records of named loggers: the same whether they are sent unread, or read and changed by somebody before. */
import { context, logs, ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { LoggerProviderOptions, LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { encodeLogRecords } from '../../src/export/log-encoder.ts';
import { acceptRequestId } from '../../src/identity/request-id.ts';
import { withScope } from '../../src/identity/request-scope.ts';
import type { Caller } from '../../src/identity/request-scope.ts';
import { LineLoggerProvider } from '../../src/logs/line-logger-provider.ts';
import { putInForce } from '../../src/logs/logger-settings.ts';
import type { LoggerParts } from '../../src/logs/logger-settings.ts';
import { applyLoggerSettings, getLogger } from '../../src/logs/named-logger.ts';
import { emitLogRecord } from '../../src/logs/otlp-bridge.ts';
import { randomOf } from '../support/random.ts';
import type { Random } from '../support/random.ts';

const name = 'publish_sync';

/** A logger that writes to the collector alone. */
const parts: LoggerParts = {
  settings: {
    level: 'info',
    levels: {},
    loggers: [
      { name, level: 'info', file: undefined, format: 'json', hasConsole: false, hasOtlp: true, propagates: false },
    ],
    format: 'json',
    redact: ['password'],
    maxLineLength: 1_048_576,
  },
  report: (cause, message) => {
    throw new Error(`${cause}: ${message}`);
  },
  isCollectorAway: () => false,
  onLine: () => undefined,
  isSync: true,
  hints: false,
};

const requestId = '0198c0de-1111-7222-8333-123456789abc';
const spanContext = { traceId: '0198c0de111172228333123456789abc', spanId: '00f067aa0ba902b7', traceFlags: 1 };

/** Within a request of that caller. */
function requestContext(caller?: Caller): Context {
  const id = acceptRequestId(requestId);
  if (id === undefined) throw new Error('the request id was not accepted');
  return withScope(trace.setSpanContext(ROOT_CONTEXT, spanContext), {
    requestId: id,
    ...(caller === undefined ? {} : { caller }),
  });
}

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  putInForce(parts);
  applyLoggerSettings();
});

afterEach(() => {
  logs.disable();
  context.disable();
});

/** @param onEmit - Of the last processor. */
function collect(
  onEmit: (record: ReadWriteLogRecord, of: Context) => void,
  options: LoggerProviderOptions = {},
): LineLoggerProvider {
  const processor: LogRecordProcessor = {
    onEmit: (record, of) => onEmit(record, of ?? ROOT_CONTEXT),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new LineLoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    ...options,
    processors: [...(options.processors ?? []), processor],
  });
  logs.setGlobalLoggerProvider(provider);
  return provider;
}

/** As a receiver sees it. */
function plain(record: ReadWriteLogRecord): Record<string, unknown> {
  const request: unknown = JSON.parse(Buffer.from(JsonLogsSerializer.serializeRequest([record]) ?? []).toString());
  const { resourceLogs } = request as { resourceLogs: { scopeLogs: { logRecords: Record<string, unknown>[] }[] }[] };
  const { timeUnixNano, observedTimeUnixNano, ...rest } = resourceLogs[0]?.scopeLogs[0]?.logRecords[0] ?? {};
  expect(timeUnixNano).toMatch(/^\d{19}$/);
  expect(observedTimeUnixNano).toMatch(/^\d{19}$/);
  return rest;
}

const texts = [
  '',
  'plain',
  'a "quoted" one',
  'line\nbreak',
  'back\\slash',
  '\\',
  '"',
  '\\"',
  'é😀',
  '\u202E',
  '{,"x":1}',
];
const keys = [
  'user.id',
  'reqlens.request.id',
  'count',
  'shop',
  'log.record.uid',
  'msg',
  'err',
  'trace_id',
  'user_id',
  '__proto__',
  '',
  'a"b',
  'a\\',
  'é',
];

function anything({ pick, list, integer }: Random): unknown {
  return pick([
    () => pick(texts),
    () => pick(texts),
    () => pick([0, -1, 1.5, 1e300, Number.NaN, 12345678901234567890n]),
    () => pick([true, false, null, undefined]),
    () => list(3, () => pick(texts)),
    () => ({ [pick(keys)]: pick(texts), nested: { n: integer(9) } }),
    () => new TypeError(pick(texts)),
  ])();
}

function fields(random: Random): Record<string, unknown> {
  return Object.fromEntries(random.list(5, () => [random.pick(keys), anything(random)]));
}

/** Nanoseconds. */
function stamp([seconds = 0, nanoseconds = 0]: readonly number[]): string {
  return `${seconds}${String(nanoseconds).padStart(9, '0')}`;
}

test('2000 random lines are the same bytes unread, read, and by the stock serializer', () => {
  const random = randomOf(20_261_124);
  const seen = { unread: 0, all: 0, unequal: [] as unknown[], unordered: 0 };
  let last: readonly number[] = [0, 0];
  let logged: unknown;
  let uid = 0;
  collect((record) => {
    record.setAttribute('log.record.uid', `uid-${(uid += 1)}`);
    const unread: unknown = Reflect.apply(Reflect.get(record, 'unread') as () => unknown, record, []);
    const first = Buffer.from(encodeLogRecords([record]).body ?? []);
    void record.attributes;
    const second = Buffer.from(encodeLogRecords([record]).body ?? []);
    const stock = Buffer.from(ProtobufLogsSerializer.serializeRequest([record]) ?? []);
    seen.all += 1;
    if (BigInt(stamp(record.hrTime)) <= BigInt(stamp(last))) seen.unordered += 1;
    last = record.hrTime;
    if (unread !== undefined) seen.unread += 1;
    if (!first.equals(stock) || !second.equals(stock)) seen.unequal.push(logged);
  });
  const log = getLogger(name);
  const loggers = [
    log,
    log,
    log.child({ shop: 'north' }),
    log.child({ err: 'of all' }),
    log.child({ '': 1 }),
    log.child({ 'user.id': 'spoof' }),
    log.child({ count: 1, a: {} }),
  ];
  const contexts = [ROOT_CONTEXT, requestContext(), requestContext({ id: 'u-1', account: 'a-1' })];
  for (let index = 0; index < 2000; index += 1) {
    const given = random.pick([fields(random), fields(random), { count: index, shop: 'north' }, new Error('boom')]);
    const message = random.pick([undefined, random.pick(texts)]);
    logged = { given, message };
    context.with(random.pick(contexts), () => {
      if (message === undefined) random.pick(loggers).info(given);
      else random.pick(loggers).warn(given, message);
    });
  }
  // Both ways were taken.
  expect([seen.all, seen.unread > 300, seen.unequal]).toEqual([2000, true, []]);
  // Viewers sort by time.
  expect(seen.unordered).toBe(0);
});

test('a line within a request has its ids, and its caller in the names of the conventions', () => {
  const seen: Record<string, unknown>[] = [];
  collect((record) => seen.push(plain(record)));
  context.with(requestContext({ id: 'u-1', account: 'a-1' }), () => {
    getLogger(name).child({ shop: 'north' }).error({ count: 2, user_id: 'spoof', trace_id: 'spoof' }, 'failed');
  });
  expect(seen).toEqual([
    {
      severityNumber: 17,
      severityText: 'ERROR',
      body: { stringValue: 'failed' },
      attributes: [
        { key: 'shop', value: { stringValue: 'north' } },
        { key: 'reqlens.request.id', value: { stringValue: requestId } },
        { key: 'reqlens.account.id', value: { stringValue: 'a-1' } },
        { key: 'user.id', value: { stringValue: 'u-1' } },
        { key: 'count', value: { intValue: 2 } },
        { key: 'app.user_id', value: { stringValue: 'spoof' } },
        { key: 'app.trace_id', value: { stringValue: 'spoof' } },
      ],
      droppedAttributesCount: 0,
      flags: 1,
      traceId: spanContext.traceId,
      spanId: spanContext.spanId,
    },
  ]);
});

test('fields with the names of our attributes take nobody in', () => {
  const seen: unknown[] = [];
  collect((record) => seen.push(record.attributes));
  const spoof = { 'user.id': 'root', 'reqlens.request.id': 'x', 'reqlens.account.id': 'y', 'log.record.uid': 'z' };
  const log = getLogger(name);
  context.with(requestContext({ id: 'u-1', account: 'a-1' }), () => {
    log.info(spoof, 'fields');
    log.child(spoof).info('bindings');
  });
  log.info(spoof, 'outside');
  const kept = { 'app.reqlens.request.id': 'x', 'app.reqlens.account.id': 'y', 'log.record.uid': 'z' };
  const ids = { 'reqlens.request.id': requestId, 'reqlens.account.id': 'a-1', 'user.id': 'u-1' };
  expect(seen).toEqual([
    { ...ids, ...kept },
    { ...ids, ...kept },
    { ...kept, 'user.id': 'root' },
  ]);
});

test('a processor of somebody else sees the whole record and may change all of it', () => {
  const seen: Record<string, unknown>[] = [];
  const contexts: unknown[] = [];
  const other: LogRecordProcessor = {
    onEmit(record, of) {
      contexts.push(of);
      expect([record.severityText, record.body, record.attributes['count'], record.spanContext?.traceId]).toEqual([
        'INFO',
        'before',
        1,
        spanContext.traceId,
      ]);
      record.setAttribute('count', 2).setAttributes({ more: 'm' }).setBody('after').setSeverityText('Notice');
      record.setSeverityNumber(10).setEventName('changed');
      delete record.attributes['shop'];
      record.spanContext = { ...spanContext, spanId: '1234567812345678' };
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  collect((record) => seen.push(plain(record)), { processors: [other] });
  const active = requestContext();
  context.with(active, () => getLogger(name).info({ count: 1, shop: 'north' }, 'before'));
  expect(contexts).toEqual([active]);
  expect(seen).toEqual([
    {
      severityNumber: 10,
      severityText: 'Notice',
      body: { stringValue: 'after' },
      eventName: 'changed',
      attributes: [
        { key: 'reqlens.request.id', value: { stringValue: requestId } },
        { key: 'count', value: { intValue: 2 } },
        { key: 'more', value: { stringValue: 'm' } },
      ],
      droppedAttributesCount: 0,
      flags: 1,
      traceId: spanContext.traceId,
      spanId: '1234567812345678',
    },
  ]);
});

test('limits of attributes hold, and what is left out is counted', () => {
  const seen: Record<string, unknown>[] = [];
  collect((record) => seen.push(plain(record)), {
    logRecordLimits: { attributeCountLimit: 2, attributeValueLengthLimit: 3 },
  });
  getLogger(name).info({ a: 'abcdef', b: { c: 'abcdef' }, d: 1, e: 2 }, 'a long body stays');
  expect(seen).toMatchObject([
    {
      body: { stringValue: 'a long body stays' },
      attributes: [
        { key: 'a', value: { stringValue: 'abc' } },
        { key: 'b', value: { kvlistValue: { values: [{ key: 'c', value: { stringValue: 'abc' } }] } } },
      ],
      droppedAttributesCount: 2,
    },
  ]);
});

test('nobody gets a record when every processor says no, and after the shutdown', async () => {
  const seen: unknown[] = [];
  const asked: unknown[] = [];
  const picky: LogRecordProcessor = {
    enabled(options) {
      asked.push([options.instrumentationScope.name, options.severityNumber]);
      return options.severityNumber === SeverityNumber.ERROR;
    },
    onEmit: (record) => void seen.push(record.body),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new LineLoggerProvider({ processors: [picky] });
  logs.setGlobalLoggerProvider(provider);
  getLogger(name).info('no');
  getLogger(name).error('yes');
  await provider.shutdown();
  getLogger(name).error('too late');
  expect([seen, asked]).toEqual([
    ['yes'],
    [
      [name, 9],
      [name, 17],
    ],
  ]);
});

function warnOnce(): void {
  context.with(requestContext({ id: 'u-1' }), () =>
    getLogger(name).warn({ count: 1, err: new TypeError('boom') }, 'failed'),
  );
}

test("with a logger provider that is not ours the SDK's own records say the same", () => {
  const seen: Record<string, unknown>[] = [];
  const onEmit = (record: ReadWriteLogRecord): void => void seen.push(plain(record));
  const processor = { onEmit, forceFlush: async () => undefined, shutdown: async () => undefined };
  collect(onEmit);
  warnOnce();
  logs.disable();
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [processor] }));
  warnOnce();
  const [first, second] = seen.map(({ attributes, ...rest }) => ({
    ...rest,
    attributes: new Map(
      (attributes as { key: string; value: { stringValue?: string } }[]).map(({ key, value }) => [key, value]),
    ),
  }));
  expect([...(first?.attributes.keys() ?? [])].toSorted()).toEqual([
    'count',
    'exception.message',
    'exception.stacktrace',
    'exception.type',
    'reqlens.request.id',
    'user.id',
  ]);
  // The stack has another line number in it.
  first?.attributes.delete('exception.stacktrace');
  second?.attributes.delete('exception.stacktrace');
  expect(second).toEqual(first);
});

test("a line of an application's own pino has its level and time, and ids that it cannot choose", () => {
  const seen: Record<string, unknown>[] = [];
  const processor: LogRecordProcessor = {
    onEmit(record) {
      expect(record.hrTime).toEqual([1_763_942_765, 123_000_000]);
      const { severityText, severityNumber, body, attributes, spanContext: of } = record;
      seen.push({ severityText, severityNumber, body, attributes, traceId: of?.traceId });
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  logs.setGlobalLoggerProvider(new LineLoggerProvider({ processors: [processor] }));
  const line =
    '{"level":40,"time":1763942765123,"pid":1,"hostname":"h","request_id":"spoof","trace_id":"spoof","user_id":"mine","account_id":"a-1","time":1,"msg":"careful"}\n';
  context.with(requestContext({ id: 'u-1', account: 'a-1' }), () => emitLogRecord('pino', 40, line));
  expect(seen).toEqual([
    {
      severityText: 'WARN',
      severityNumber: 13,
      body: 'careful',
      attributes: {
        user_id: 'mine',
        'reqlens.request.id': requestId,
        'reqlens.account.id': 'a-1',
        'user.id': 'u-1',
      },
      traceId: spanContext.traceId,
    },
  ]);
});
