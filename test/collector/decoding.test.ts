/** Both encodings, made by OpenTelemetry's own serializers, decode to the same; damaged ones are refused and never more than that. */
import { SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, test } from 'vitest';
import { decodeJsonLogs, decodeJsonTraces } from '../../collector/receive/decode-json.ts';
import { decodeLogs, decodeTraces } from '../../collector/receive/decode-protobuf.ts';
import { DecodeError } from '../../collector/receive/decoded.ts';
import { WireError } from '../../collector/receive/wire-reader.ts';
import { attributesJson, logsJson, spanJson, tracesJson } from './otlp-samples.ts';

const resource = resourceFromAttributes({ 'service.name': 'shop', 'process.pid': 4711 });
const traceId = '0194b2f0a1b27c3d8e4f5a6b7c8d9e0f';
const scope = { name: 'http', version: '1.2.3' };

type Span = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type Log = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];

const span: Span = {
  name: 'GET /größe',
  kind: SpanKind.SERVER,
  spanContext: () => ({ traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 }),
  parentSpanContext: { traceId, spanId: '00f067aa0ba902b6', traceFlags: 1 },
  startTime: [1_763_932_800, 123_456_789],
  endTime: [1_763_932_801, 1],
  duration: [0, 876_543_212],
  status: { code: SpanStatusCode.ERROR, message: 'kaputt' },
  attributes: {
    text: 'a"b\\c',
    int: 42,
    negative: -7,
    double: 0.25,
    yes: true,
    no: false,
    list: ['a', 'b'],
    ['__proto__']: 'x',
    big: 9_007_199_254_740_991,
  },
  links: [{ context: { traceId, spanId: '00f067aa0ba902b5', traceFlags: 1 }, attributes: { reason: 'retry' } }],
  events: [{ name: 'exception', time: [1_763_932_800, 5], attributes: { 'exception.type': 'TypeError' } }],
  ended: true,
  resource,
  instrumentationScope: scope,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

const log: Log = {
  hrTime: [1_763_932_800, 7],
  hrTimeObserved: [1_763_932_800, 8],
  spanContext: { traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 },
  severityText: 'WARN',
  severityNumber: SeverityNumber.WARN,
  body: { a: [1, 'two', { three: true }] },
  resource,
  instrumentationScope: scope,
  attributes: { 'log.record.uid': 'u-1', bytes: new Uint8Array([1, 2, 255]) },
  droppedAttributesCount: 0,
};

const parsed = (bytes: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
const buffer = (bytes: Uint8Array | undefined): Buffer => Buffer.from(bytes ?? []);

test('a span decodes to the same from protobuf and from JSON, field by field', () => {
  const expected = {
    batches: [
      {
        resource: { 'service.name': 'shop', 'process.pid': 4711 },
        scope,
        items: [
          {
            traceId,
            spanId: '00f067aa0ba902b7',
            parentSpanId: '00f067aa0ba902b6',
            name: 'GET /größe',
            kind: 2,
            startUnixNano: 1_763_932_800_123_456_789n,
            endUnixNano: 1_763_932_801_000_000_001n,
            status: 2,
            statusMessage: 'kaputt',
            attributes: span.attributes,
            links: [{ traceId, spanId: '00f067aa0ba902b5', attributes: { reason: 'retry' } }],
            events: [
              {
                name: 'exception',
                timeUnixNano: 1_763_932_800_000_000_005n,
                attributes: { 'exception.type': 'TypeError' },
              },
            ],
          },
        ],
      },
    ],
    rejected: 0,
    reason: '',
  };
  expect(decodeTraces(buffer(ProtobufTraceSerializer.serializeRequest([span])))).toStrictEqual(expected);
  expect(decodeJsonTraces(parsed(JsonTraceSerializer.serializeRequest([span])))).toStrictEqual(expected);
});

test('a log record decodes to the same from protobuf and from JSON, field by field', () => {
  const expected = {
    batches: [
      {
        resource: { 'service.name': 'shop', 'process.pid': 4711 },
        scope,
        items: [
          {
            timeUnixNano: 1_763_932_800_000_000_007n,
            observedTimeUnixNano: 1_763_932_800_000_000_008n,
            severityNumber: 13,
            severityText: 'WARN',
            body: '{"a":[1,"two",{"three":true}]}',
            attributes: { 'log.record.uid': 'u-1', bytes: 'AQL/' },
            traceId,
            spanId: '00f067aa0ba902b7',
          },
        ],
      },
    ],
    rejected: 0,
    reason: '',
  };
  expect(decodeLogs(buffer(ProtobufLogsSerializer.serializeRequest([log])))).toStrictEqual(expected);
  expect(decodeJsonLogs(parsed(JsonLogsSerializer.serializeRequest([log])))).toStrictEqual(expected);
});

test('JSON takes enums by name, 64-bit integers as strings and numbers, upper-case ids, null fields, and ignores what it does not know', () => {
  const json = tracesJson([
    spanJson(traceId.toUpperCase(), '00F067AA0BA902B7', {
      kind: 'SPAN_KIND_CLIENT',
      startTimeUnixNano: 1_763_932_800_000_000_000,
      status: { code: 'STATUS_CODE_ERROR' },
      events: null,
      fromTheFuture: { deep: [] },
      attributes: [
        { key: 'exact', value: { intValue: '9223372036854775807' } },
        { key: 'small', value: { intValue: '-5' } },
        { key: 'nan', value: { doubleValue: 'NaN' } },
        { key: 'unset', value: {} },
      ],
    }),
  ]);
  expect(decodeJsonTraces(json).batches[0]?.items[0]).toMatchObject({
    traceId,
    spanId: '00f067aa0ba902b7',
    kind: 3,
    status: 2,
    startUnixNano: 1_763_932_800_000_000_000n,
    events: [],
    attributes: { exact: '9223372036854775807', small: -5, nan: 'NaN', unset: '' },
  });
});

test('integers keep their value at every length of their varint', () => {
  for (const value of [
    0,
    1,
    -1,
    127,
    128,
    2 ** 31,
    2 ** 49 - 1,
    2 ** 49,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]) {
    const bytes = buffer(ProtobufTraceSerializer.serializeRequest([{ ...span, attributes: { value } }]));
    expect(decodeTraces(bytes).batches[0]?.items[0]?.attributes).toStrictEqual({ value });
  }
});

test('spans that cannot be kept are counted, and the others are kept', () => {
  const spans = [
    spanJson('0'.repeat(32), '00f067aa0ba902b7'),
    spanJson(traceId, 'abc'),
    spanJson(traceId, '00f067aa0ba902b7', { endTimeUnixNano: '18446744073709551615' }),
    spanJson(traceId, '00f067aa0ba902b8'),
  ];
  const { batches, rejected, reason } = decodeJsonTraces(tracesJson(spans));
  expect(batches[0]?.items.map(({ spanId }) => spanId)).toStrictEqual(['00f067aa0ba902b8']);
  expect({ rejected, reason }).toStrictEqual({ rejected: 3, reason: 'trace_id must be 16 bytes and not all zero' });
});

test('a log record with a broken trace id is kept without it', () => {
  const { batches } = decodeJsonLogs(
    logsJson([{ body: { stringValue: 'hello' }, traceId: 'abc', spanId: '00f067aa0ba902b7' }]),
  );
  expect(batches[0]?.items[0]).toMatchObject({ body: 'hello', traceId: '', spanId: '' });
});

/** A message whose field `field` is `inner`. */
function nest(inner: Buffer, field: number): Buffer {
  const length = inner.length < 128 ? [inner.length] : [(inner.length & 0x7f) | 0x80, inner.length >> 7];
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), inner]);
}

test('values nested deeper than 100 are refused in both encodings', () => {
  let json: unknown = { stringValue: 'bottom' };
  let wire: Buffer = Buffer.from([0x0a, 0]);
  for (let depth = 0; depth < 200; depth += 1) {
    json = { arrayValue: { values: [json] } };
    wire = nest(nest(wire, 1), 5);
  }
  const log200 = nest(nest(nest(nest(wire, 5), 2), 2), 1);
  expect(() => decodeJsonLogs(logsJson([{ body: json }]))).toThrow(DecodeError);
  expect(() => decodeLogs(log200)).toThrow(WireError);
});

/** A generator with a seed, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each([
  ['traces', decodeTraces, buffer(ProtobufTraceSerializer.serializeRequest([span, span]))],
  ['logs', decodeLogs, buffer(ProtobufLogsSerializer.serializeRequest([log, log]))],
])('protobuf %s cut off at any byte, and 20,000 times damaged, decode or throw WireError', (_name, decode, bytes) => {
  const outcomes: unknown[] = [];
  const attempt = (damaged: Buffer): void => void outcomes.push(thrownBy(() => decode(damaged)));
  for (let length = 0; length < bytes.length; length += 1) attempt(bytes.subarray(0, length));
  const next = random(20_261_123);
  for (let round = 0; round < 20_000; round += 1) {
    const damaged = Buffer.from(bytes);
    for (let flips = Math.ceil(next() * 4); flips > 0; flips -= 1) {
      damaged[Math.floor(next() * damaged.length)] = Math.floor(next() * 256);
    }
    attempt(damaged);
  }
  expect(new Set(outcomes)).toStrictEqual(new Set([undefined, WireError]));
});

test('JSON with any part replaced by something of another type decodes or throws DecodeError', () => {
  const whole = tracesJson([
    spanJson(traceId, '00f067aa0ba902b7', { attributes: attributesJson({ a: 'b', c: 1, d: ['e'] }) }),
  ]);
  const outcomes = new Set<unknown>();
  for (const wrong of [0, -1, 0.5, 'x', undefined, null, [], {}, [null], true, Infinity]) {
    for (const damaged of replacements(whole, wrong)) outcomes.add(thrownBy(() => decodeJsonTraces(damaged)));
  }
  expect(outcomes).toStrictEqual(new Set([undefined, DecodeError]));
});

/**
 * Copies of a JSON value.
 *
 * @yields One for each place in it, with `wrong` in that place.
 */
function* replacements(value: unknown, wrong: unknown): Generator {
  yield wrong;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const replaced of replacements(inner, wrong)) {
      yield Array.isArray(value) ? value.with(Number(key), replaced) : { ...value, [key]: replaced };
    }
  }
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.constructor : error;
  }
}
