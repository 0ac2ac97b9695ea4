/** What nobody can encode is dropped alone, counted, and said; the batch around it arrives. */
import { diag, SpanKind, SpanStatusCode, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, expect, test, vi } from 'vitest';

import { readConfig } from '../../src/config/read-config.ts';
import { BatchQueue } from '../../src/export/batch-queue.ts';
import { encodeLogRecords } from '../../src/export/log-encoder.ts';
import { MemoryBudget } from '../../src/export/memory-budget.ts';
import { OtlpMetricExporter } from '../../src/export/metric-exporter.ts';
import type { Outcome, Payload } from '../../src/export/sent.ts';
import { encodeSpans } from '../../src/export/span-encoder.ts';
import { deliveryTo } from '../support/delivery.ts';
import { readLogs, readSpans } from '../support/otlp-reader.ts';

afterEach(() => diag.disable());

const resource = emptyResource();
const throwing = {
  get broken() {
    throw new Error('this getter throws');
  },
};

function span(name: string, parts: Partial<ReadableSpan> = {}): ReadableSpan {
  return {
    name,
    kind: SpanKind.INTERNAL,
    startTime: [1_763_934_000, 0],
    endTime: [1_763_934_001, 0],
    duration: [1, 0],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
    attributes: {},
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    instrumentationScope: { name: 'hand' },
    ...parts,
  };
}

function record(body: string, parts: Partial<ReadableLogRecord> = {}): ReadableLogRecord {
  return {
    hrTime: [1_763_934_000, 5],
    hrTimeObserved: [1_763_934_001, 6],
    body,
    attributes: {},
    droppedAttributesCount: 0,
    resource,
    instrumentationScope: { name: 'hand' },
    ...parts,
  };
}

/** One way for each part of a span to be impossible. */
const brokenSpans: readonly ReadableSpan[] = [
  span('attributes', { attributes: throwing }),
  span('an event', { events: [{ name: 'e', time: [1, 1], attributes: throwing }] }),
  span('a link', {
    links: [{ context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }, attributes: throwing }],
  }),
  ...['', '0', 'xyz', '1'.repeat(31), '1'.repeat(64), `${'1'.repeat(31)}g`].map((traceId) =>
    span(`the trace id "${traceId}"`, { spanContext: () => ({ traceId, spanId: '2'.repeat(16), traceFlags: 1 }) }),
  ),
  span('the span id', { spanContext: () => ({ traceId: '1'.repeat(32), spanId: '\u00FF'.repeat(16), traceFlags: 1 }) }),
];

test('each span that cannot be encoded is left out, and those before and after it are whole', () => {
  const error = vi.fn<(...said: unknown[]) => void>();
  diag.setLogger({ error, warn: error, info: error, debug: error, verbose: error });
  const spans = brokenSpans.flatMap((broken) => [
    span('before'),
    broken,
    span('after', { attributes: { fine: true } }),
  ]);
  const { body, unencodableCount } = encodeSpans(spans);
  expect(unencodableCount).toBe(brokenSpans.length);
  expect(readSpans(Buffer.from(body ?? [])).map(({ name, attributes }) => [name, attributes.size])).toEqual(
    brokenSpans.flatMap(() => [
      ['before', 0],
      ['after', 1],
    ]),
  );
  expect(new Set(error.mock.calls.map(([said]) => said))).toEqual(
    new Set(['export: a span cannot be encoded and is dropped, the rest of its batch is sent']),
  );
});

test('each log record that cannot be encoded is left out, and those before and after it are whole', () => {
  const broken = [record('a', { attributes: throwing }), record('b', { body: throwing })];
  const { body, unencodableCount } = encodeLogRecords([record('before'), ...broken, record('after')]);
  expect(unencodableCount).toBe(2);
  expect(readLogs(Buffer.from(body ?? [])).map((each) => each.body)).toEqual(['before', 'after']);
});

test('a batch of nothing that can be encoded is no request', () => {
  expect(encodeSpans(brokenSpans)).toEqual({ body: undefined, unencodableCount: brokenSpans.length });
});

test('the queue sends the rest of the batch, and counts what was dropped', async () => {
  const sent: Payload[] = [];
  const outcomes: Outcome[] = [];
  const settings = { maxQueueSize: 100, maxExportBatchSize: 4, scheduleDelayMs: 1, exportTimeoutMs: 1000 };
  const queue = new BatchQueue<ReadableSpan>({
    settings,
    delivery: deliveryTo({
      send: async (payload) => {
        sent.push(payload);
        return { status: 'sent' };
      },
      onOutcome: (outcome) => outcomes.push(outcome),
    }),
    encode: encodeSpans,
    sizeOf: () => 1000,
    maxBatchBytes: 1_000_000,
    budget: new MemoryBudget(1_000_000),
  });
  const [broken] = brokenSpans;
  if (broken === undefined) throw new Error('there is one');
  for (const each of [span('a'), broken, span('b'), broken]) queue.add(each);
  await queue.flush();
  expect(sent.map(({ body, itemCount }) => [itemCount, readSpans(Buffer.from(body)).map(({ name }) => name)])).toEqual([
    [2, ['a', 'b']],
  ]);
  queue.add(broken);
  await queue.flush();
  expect(outcomes).toEqual([
    { sent: { status: 'sent' }, itemCount: 2, unencodableCount: 2, droppedCount: 0 },
    // Nothing was sent, and so nobody has taken anything.
    { sent: undefined, itemCount: 0, unencodableCount: 1, droppedCount: 0 },
  ]);
});

const point: DataPoint<number> = { attributes: {}, startTime: [1, 0], endTime: [2, 0], value: 1 };
const withoutValue: DataPoint<number> = {
  attributes: {},
  startTime: [1, 0],
  endTime: [2, 0],
  get value(): number {
    throw new Error('this getter throws');
  },
};

test.each([
  ['an attribute', { ...point, attributes: throwing }],
  ['a value', withoutValue],
])(
  'a metric that cannot be encoded for %s is left out with all its data points, which are counted',
  async (_, impossible) => {
    const sent: Payload[] = [];
    const outcomes: Outcome[] = [];
    const delivery = deliveryTo({
      send: async (payload) => {
        sent.push(payload);
        return { status: 'sent' };
      },
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    const exporter = new OtlpMetricExporter(delivery, readConfig({}).config.metrics, 1_000_000);
    const broken = gauge('broken', [impossible, point, point]);
    for (const metrics of [[gauge('a', [point]), broken, gauge('b', [point])], [broken]]) {
      const all = { resource, scopeMetrics: [{ scope: { name: 'hand' }, metrics }] };
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await new Promise((resolve) => exporter.export(all, resolve));
    }
    expect(sent.map(({ itemCount }) => itemCount)).toEqual([2]);
    expect(outcomes.map(({ itemCount, unencodableCount }) => [itemCount, unencodableCount])).toEqual([
      [2, 3],
      [0, 3],
    ]);
  },
);

function gauge(name: string, dataPoints: DataPoint<number>[]): MetricData {
  return {
    descriptor: { name, unit: '', description: '', valueType: ValueType.INT },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints,
  };
}
