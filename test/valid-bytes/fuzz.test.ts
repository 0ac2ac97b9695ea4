/**
 * Arbitrary telemetry through our encoders, with Google's decoders as the judge: they take every byte of it, in protobuf and in JSON,
 * and find in it what was put in. `REQLENS_FUZZ_RUNS` sets how many of each kind there are.
 */
import { diag, SpanKind, SpanStatusCode, ValueType } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { jsonRequest } from '../../src/export/json-request.ts';
import { encodeLogRecords } from '../../src/export/log-encoder.ts';
import { encodeMetrics } from '../../src/export/metric-encoder.ts';
import { logsRequest, metricsRequest, traceRequest } from '../../src/export/otlp-messages.ts';
import { encodeSpans } from '../../src/export/span-encoder.ts';
import * as arbitrary from './arbitrary.ts';
import { expectedAttributes, expectedValue } from './arbitrary.ts';
import { missingJudge, startJudge } from './judge.ts';
import type { Asked, Judge } from './judge.ts';

const runs = Number(process.env['REQLENS_FUZZ_RUNS'] ?? 2000);
const minuteMs = 60_000;
const messages = { trace: traceRequest, logs: logsRequest, metrics: metricsRequest };
const missing = missingJudge();

const { text, number, attributes, time, value } = arbitrary;
const id = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => Buffer.from(each).toString('hex')),
    },
    { weight: 1, arbitrary: text },
  );
const isId = (of: string, bytes: number): boolean => new RegExp(`^[\\da-fA-F]{${bytes * 2}}$`).test(of);

const traceState = fc.option(text, { nil: undefined });
const context = fc
  .record({ traceId: id(16), spanId: id(8), traceFlags: number, state: traceState, isRemote: fc.boolean() })
  .map(({ state, ...rest }) => ({
    ...rest,
    ...(state === undefined
      ? {}
      : {
          traceState: {
            serialize: () => state,
            get: () => undefined,
            set: () => ({}) as never,
            unset: () => ({}) as never,
          },
        }),
  }));
const event = fc.record({ name: text, time, attributes, droppedAttributesCount: number });
const link = fc.record({ context, attributes, droppedAttributesCount: number });
const resource = emptyResource();

const span = fc
  .record({
    context,
    parentSpanContext: context,
    name: text,
    kind: fc.oneof(fc.constantFrom(...Object.values(SpanKind).filter((kind) => typeof kind === 'number')), number),
    startTime: time,
    endTime: time,
    attributes,
    events: fc.array(event, { maxLength: 2 }),
    links: fc.array(link, { maxLength: 2 }),
    status: fc.record({
      code: fc.oneof(fc.constantFrom(SpanStatusCode.OK, SpanStatusCode.ERROR), number),
      message: text,
    }),
    droppedAttributesCount: number,
    droppedEventsCount: number,
    droppedLinksCount: number,
  })
  .map(
    ({ context: own, ...parts }) =>
      ({
        ...parts,
        spanContext: () => own,
        resource,
        instrumentationScope: { name: 'fuzz' },
      }) as unknown as ReadableSpan,
  );

const record = fc
  .record({
    hrTime: time,
    hrTimeObserved: time,
    severityNumber: fc.option(number, { nil: undefined }),
    severityText: text,
    eventName: text,
    body: value,
    attributes,
    droppedAttributesCount: number,
    spanContext: fc.option(context, { nil: undefined }),
  })
  .map((parts) => ({ ...parts, resource, instrumentationScope: { name: 'fuzz' } }) as unknown as ReadableLogRecord);

const plainAttributes = fc.dictionary(text, fc.oneof(text, number, fc.boolean(), value), { maxKeys: 4 });
const point = fc.record({ attributes: plainAttributes, startTime: time, endTime: time, value: number });
const metric = fc
  .record({
    name: text,
    unit: text,
    description: text,
    points: fc.array(point, { maxLength: 3 }),
    isInt: fc.boolean(),
    isGauge: fc.boolean(),
  })
  .map(
    ({ name, unit, description, points, isInt, isGauge }) =>
      ({
        descriptor: {
          name,
          unit,
          description,
          valueType: isInt ? ValueType.INT : ValueType.DOUBLE,
          type: 'COUNTER',
          advice: {},
        },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: isGauge ? DataPointType.GAUGE : DataPointType.SUM,
        isMonotonic: true,
        dataPoints: points,
      }) as unknown as MetricData,
  );
const histogram = fc
  .record({
    attributes: plainAttributes,
    startTime: time,
    endTime: time,
    sum: number,
    min: number,
    max: number,
    bounds: fc.array(number, { maxLength: 3 }),
  })
  .map(
    ({ sum, min, max, bounds, ...rest }) =>
      ({
        descriptor: {
          name: 'h',
          unit: '',
          description: '',
          valueType: ValueType.DOUBLE,
          type: 'HISTOGRAM',
          advice: {},
        },
        aggregationTemporality: AggregationTemporality.DELTA,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: [
          {
            ...rest,
            value: { sum, min, max, count: 3, buckets: { boundaries: bounds, counts: [...bounds.map(() => 1), 1] } },
          },
        ],
      }) as unknown as MetricData,
  );

function spanWith(fields: string): Buffer {
  return Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`);
}

type Json = Readonly<Record<string, unknown>>;

/** `at(value, 'resourceSpans', 0, 'name')`; undefined when it is not there. */
function at(from: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, step) => (found === undefined ? undefined : (found as Json)[step]), from);
}

describe.skipIf(missing !== undefined)(
  `Google's decoders${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let judge: Judge;
    beforeAll(() => {
      judge = startJudge();
      diag.disable();
    });
    afterAll(() => judge.end());

    /** @returns What they find, the same in both encodings. */
    async function found(signal: Asked['signal'], body: Uint8Array): Promise<Json> {
      const [inProtobuf, inJson] = await Promise.all([
        judge.ask({ signal, encoding: 'protobuf', body }),
        judge.ask({ signal, encoding: 'json', body: jsonRequest(body, messages[signal]) }),
      ]);
      expect(inJson).toEqual(inProtobuf);
      if ('error' in inProtobuf) throw new Error(inProtobuf.error);
      return inProtobuf.value;
    }

    test('refuse what is wrong', async () => {
      for (const bad of [
        '"name":1',
        '"unknown":1',
        '"attributes":[{"value":{"doubleValue":NaN}}]',
        '"attributes":[{"value":{"intValue":1e300}}]',
        '"name":"\\ud800"',
        '"traceId":"00"',
      ]) {
        expect([bad, await judge.ask({ signal: 'trace', encoding: 'json', body: spanWith(bad) })]).toEqual([
          bad,
          { error: expect.any(String) },
        ]);
      }
      for (const bytes of [[0], [10, 5], [10, 4, 18, 2, 18, 0, 1]]) {
        expect(await judge.ask({ signal: 'trace', encoding: 'protobuf', body: Uint8Array.from(bytes) })).toEqual({
          error: expect.any(String),
        });
      }
    });

    test('take every span, and find what was put into it', { timeout: 10 * minuteMs }, async () => {
      await fc.assert(
        fc.asyncProperty(span, async (each) => {
          const { body, unencodableCount } = encodeSpans([each]);
          const { traceId, spanId } = each.spanContext();
          expect(unencodableCount).toBe(isId(traceId, 16) && isId(spanId, 8) ? 0 : 1);
          if (body === undefined) return;
          const seen = at(await found('trace', body), 'resourceSpans', 0, 'scopeSpans', 0, 'spans', 0);
          expect(at(seen, 'traceId')).toBe(Buffer.from(traceId, 'hex').toString('base64'));
          expect(at(seen, 'name') ?? '').toBe(each.name.toWellFormed());
          expect(at(seen, 'attributes') ?? []).toEqual(expectedAttributes(each.attributes));
          expect(at(seen, 'events', 0, 'attributes') ?? []).toEqual(
            expectedAttributes(each.events[0]?.attributes ?? {}),
          );
          const links = each.links.filter(({ context: to }) => isId(to.traceId, 16) && isId(to.spanId, 8));
          expect(((at(seen, 'links') ?? []) as readonly Json[]).map((to) => to['attributes'] ?? [])).toEqual(
            links.map((to) => expectedAttributes(to.attributes ?? {})),
          );
        }),
        { numRuns: runs },
      );
    });

    test('take every log record, and find what was put into it', { timeout: 10 * minuteMs }, async () => {
      await fc.assert(
        fc.asyncProperty(record, async (each) => {
          const { body = new Uint8Array(), unencodableCount } = encodeLogRecords([each]);
          expect(unencodableCount).toBe(0);
          const seen = at(await found('logs', body), 'resourceLogs', 0, 'scopeLogs', 0, 'logRecords', 0);
          expect(at(seen, 'body')).toEqual(each.body === undefined ? undefined : expectedValue(each.body));
          expect(at(seen, 'attributes') ?? []).toEqual(expectedAttributes(each.attributes));
          expect(at(seen, 'severityText') ?? '').toBe(each.severityText?.toWellFormed());
        }),
        { numRuns: runs },
      );
    });

    test('take every metric', { timeout: 10 * minuteMs }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(metric, histogram), async (each) => {
          const own = resourceFromAttributes({ 'service.name': 'fuzz' });
          const { body } = encodeMetrics({
            resource: own,
            scopeMetrics: [{ scope: { name: 'fuzz' }, metrics: [each] }],
          });
          const seen = at(
            await found('metrics', body ?? new Uint8Array()),
            'resourceMetrics',
            0,
            'scopeMetrics',
            0,
            'metrics',
            0,
          );
          expect(at(seen, 'name') ?? '').toBe(each.descriptor.name.toWellFormed());
          const kind = ['gauge', 'sum', 'histogram'].find((name) => at(seen, name) !== undefined) ?? '';
          expect(((at(seen, kind, 'dataPoints') ?? []) as readonly unknown[]).length).toBe(each.dataPoints.length);
        }),
        { numRuns: runs },
      );
    });

    test(
      'take values that are nested deeper than they do, in circles, and again and again',
      { timeout: 5 * minuteMs },
      async () => {
        const circle: Record<string, unknown> = { name: 'circle' };
        circle['self'] = [circle];
        let deep: unknown = 'bottom';
        for (let level = 0; level < 500; level += 1) deep = level % 2 === 0 ? { deep } : [deep];
        let wide: unknown = 'x';
        for (let level = 0; level < 25; level += 1) wide = [wide, wide];
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no type says this of a circle
        const nested = { circle, deep, wide } as unknown as Attributes;
        const { body = new Uint8Array(), unencodableCount } = encodeLogRecords([
          {
            hrTime: [1, 1],
            hrTimeObserved: [1, 1],
            resource,
            instrumentationScope: { name: 'deep' },
            body: 'deep',
            attributes: nested,
            droppedAttributesCount: 0,
          },
        ]);
        expect(unencodableCount).toBe(0);
        const seen = at(await found('logs', body), 'resourceLogs', 0, 'scopeLogs', 0, 'logRecords', 0, 'attributes');
        expect((seen as readonly Json[]).map(({ key }) => key)).toEqual(['circle', 'deep', 'wide']);
        expect(JSON.stringify(seen)).toContain('[Object]');
      },
    );
  },
);
