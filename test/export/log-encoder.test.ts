/** Our encoder of log records beside the stock serializer: the same bytes, for everything valid that a record can hold (the rest: test/valid-bytes). */
import { diag, ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import type { LogRecord } from '@opentelemetry/api';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { afterEach, expect, test } from 'vitest';

import { encodeLogRecords } from '../../src/export/log-encoder.ts';
import { readLogs } from '../support/otlp-reader.ts';
import { randomOf } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { object, spanContext, texts, time, value, warnings } from '../support/random-telemetry.ts';

afterEach(() => diag.disable());

const severities = [undefined, SeverityNumber.UNSPECIFIED, SeverityNumber.INFO, SeverityNumber.FATAL4];

function logRecord(random: Random): LogRecord {
  const { pick } = random;
  const severityNumber = pick(severities);
  const severityText = pick([undefined, '', 'INFO', 'größer']);
  const eventName = pick([undefined, '', 'order.accepted', 'é'.repeat(70)]);
  const body = value(random);
  return {
    attributes: object(random),
    context: pick([ROOT_CONTEXT, trace.setSpanContext(ROOT_CONTEXT, spanContext(random))]),
    timestamp: time(random),
    ...(body === undefined ? {} : { body }),
    ...(severityNumber === undefined ? {} : { severityNumber }),
    ...(severityText === undefined ? {} : { severityText }),
    ...(eventName === undefined ? {} : { eventName }),
    ...pick([{}, { observedTimestamp: time(random) }]),
  };
}

/** Records that the SDK has made, from several loggers of two programs with different limits. */
function recordsOf(random: Random, count: number): ReadableLogRecord[] {
  const exporter = new InMemoryLogRecordExporter();
  const resource = resourceFromAttributes(
    { 'service.name': 'schlüssel', list: ['a', 'b'] },
    { schemaUrl: 'http://schema' },
  );
  const loggers = [
    { resource: emptyResource() },
    { resource, logRecordLimits: { attributeCountLimit: 2, attributeValueLengthLimit: 7 } },
  ].flatMap((options) => {
    const provider = new LoggerProvider({ ...options, processors: [new SimpleLogRecordProcessor({ exporter })] });
    return [
      provider.getLogger('publish_sync'),
      provider.getLogger('größe', '1.2.3'),
      provider.getLogger('schema', '1', { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' }),
      provider.getLogger('own', '', { attributes: { a: 'b', n: 1 } }),
    ];
  });
  for (let index = 0; index < count; index += 1) random.pick(loggers).emit(logRecord(random));
  return exporter.getFinishedLogRecords();
}

function stock(records: ReadableLogRecord[]): Buffer {
  return Buffer.from(ProtobufLogsSerializer.serializeRequest(records) ?? []);
}

function ours(records: ReadableLogRecord[]): Buffer {
  return Buffer.from(encodeLogRecords(records).body ?? []);
}

/** A record as it is when it was not the SDK that made it. */
function handMade(record: Partial<ReadableLogRecord>): ReadableLogRecord {
  const base = {
    hrTime: [1_763_934_000, 5] satisfies [number, number],
    hrTimeObserved: [1_763_934_001, 6] satisfies [number, number],
    resource: emptyResource(),
    instrumentationScope: { name: 'hand' },
    attributes: {},
    droppedAttributesCount: 0,
  };
  return { ...base, ...record };
}

test('4000 random log records of the SDK are the stock bytes, alone and in batches', () => {
  const random = randomOf(20_261_124);
  const records = recordsOf(random, 4000);
  expect([records.length, records.some(({ droppedAttributesCount }) => droppedAttributesCount > 0)]).toEqual([
    4000,
    true,
  ]);
  const warned = warnings();
  for (let at = 0; at < records.length;) {
    const batch = records.slice(at, at + 1 + random.integer(100));
    at += batch.length;
    expect(ours(batch).equals(stock(batch))).toBe(true);
  }
  expect(warned).toEqual([]);
});

test('4000 random log records with what the SDK would not let through are the stock bytes', () => {
  const random = randomOf(7);
  const warned = warnings();
  const { pick } = random;
  for (let index = 0; index < 4000; index += 1) {
    const context = pick([undefined, spanContext(random), { traceId: '', spanId: '', traceFlags: 0 }]);
    const record = handMade({
      attributes: object(random),
      body: value(random),
      hrTime: time(random),
      hrTimeObserved: time(random),
      droppedAttributesCount: pick([0, 1, 127, 128, 2 ** 32 - 1]),
      severityText: pick(texts),
      eventName: pick(texts),
      ...(context === undefined ? {} : { spanContext: context }),
    });
    expect(ours([record]).equals(stock([record]))).toBe(true);
  }
  expect(warned).toEqual([]);
});

test('an independent reader finds what was put into the record', () => {
  const [traceId, spanId] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210'];
  const record = handMade({
    body: 'Größe 😀',
    spanContext: { traceId, spanId, traceFlags: 1 },
    attributes: { text: 'x😀', lone: 'a\uD800b', whole: -3, part: 0.25, no: false, long: 'l'.repeat(300) },
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
  });
  expect(readLogs(ours([record]))).toEqual([
    {
      traceId,
      spanId,
      body: 'Größe 😀',
      attributes: new Map<string, unknown>([
        ['text', 'x😀'],
        ['lone', 'a\uFFFDb'],
        ['whole', -3n],
        ['part', 0.25],
        ['no', false],
        ['long', 'l'.repeat(300)],
      ]),
      resource: new Map([['service.name', 'shop']]),
    },
  ]);
});

test('no log records are no bytes', () => {
  expect([ours([]).length, stock([]).length]).toEqual([0, 0]);
});

test('a batch of megabytes, and small ones before and after it, are the stock bytes', () => {
  const big = [handMade({ body: 'é'.repeat(3_000_000), attributes: { list: ['l'.repeat(2_500_000)] } })];
  const small = [handMade({ body: 'small' })];
  for (const batch of [small, big, small, big, [...small, ...big, ...small]]) {
    expect(ours(batch).equals(stock(batch))).toBe(true);
  }
});

test('a message that was handed out stays as it is while others are encoded', () => {
  const batches = [1, 400, 2, 400, 3].map((count, seed) => recordsOf(randomOf(seed), count));
  const messages = batches.map((batch) => encodeLogRecords(batch).body);
  expect(messages.map((message, index) => stock(batches[index] ?? []).equals(message ?? Buffer.alloc(0)))).toEqual(
    batches.map(() => true),
  );
});
