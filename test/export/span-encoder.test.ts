/** Our encoder of spans beside the stock serializer: the same bytes, for everything valid that a span can hold (the rest: test/valid-bytes). */
import { diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Link } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, expect, test } from 'vitest';

import { encodeSpans } from '../../src/export/span-encoder.ts';
import { readSpans } from '../support/otlp-reader.ts';
import { randomOf } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { attributes, numbers, spanContext, texts, time, warnings } from '../support/random-telemetry.ts';

afterEach(() => diag.disable());

function link(random: Random): Link {
  return { context: spanContext(random), ...(random.integer(2) === 0 ? {} : { attributes: attributes(random) }) };
}

/** Spans that the SDK has made, from several tracers of two programs with different limits. */
function spansOf(random: Random, count: number): ReadableSpan[] {
  const { pick, integer } = random;
  const exporter = new InMemorySpanExporter();
  const tracers = [
    { resource: emptyResource() },
    {
      resource: resourceFromAttributes(
        { 'service.name': 'schlüssel', list: ['a', 'b'] },
        { schemaUrl: 'http://schema' },
      ),
      spanLimits: { attributeCountLimit: 2, eventCountLimit: 1, linkCountLimit: 1, attributePerEventCountLimit: 1 },
    },
  ].flatMap((options) => {
    const provider = new TracerProvider({ ...options, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return [
      provider.getTracer('plain'),
      provider.getTracer('', '1.2.3'),
      provider.getTracer('schema', '1', { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' }),
    ];
  });
  for (let index = 0; index < count; index += 1) {
    const parent = pick([ROOT_CONTEXT, trace.setSpanContext(ROOT_CONTEXT, spanContext(random))]);
    const span = pick(tracers).startSpan(
      pick(texts),
      { kind: pick(kinds), attributes: attributes(random), links: random.list(3, () => link(random)) },
      parent,
    );
    for (const each of random.list(3, () => pick(texts))) span.addEvent(each, attributes(random), time(random));
    if (integer(4) === 0) span.recordException(new Error(pick(texts)));
    if (integer(2) === 0) span.setStatus({ code: pick(statusCodes), message: pick(texts) });
    span.end(pick([undefined, time(random)]));
  }
  return exporter.getFinishedSpans();
}

const kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
const statusCodes = [SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR];

function stock(spans: ReadableSpan[]): Buffer {
  return Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []);
}

function ours(spans: ReadableSpan[]): Buffer {
  return Buffer.from(encodeSpans(spans).body ?? []);
}

/** A span as it is when it was not the SDK that made it. */
function handMade(span: Partial<ReadableSpan>): ReadableSpan {
  const [base] = spansOf(randomOf(1), 1);
  if (base === undefined) throw new Error('no span was made');
  const { name, kind, startTime, endTime, status, resource, instrumentationScope } = base;
  const none = { attributes: {}, links: [], events: [] };
  const counts = { droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 };
  const rest = { spanContext: () => base.spanContext(), duration: base.duration, ended: true };
  return {
    name,
    kind,
    startTime,
    endTime,
    status,
    resource,
    instrumentationScope,
    ...none,
    ...counts,
    ...rest,
    ...span,
  };
}

test('4000 random spans of the SDK are the stock bytes, alone and in batches', () => {
  const random = randomOf(20_261_123);
  const warned = warnings();
  const spans = spansOf(random, 4000);
  expect(spans.length).toBe(4000);
  warned.length = 0;
  for (let at = 0; at < spans.length;) {
    const batch = spans.slice(at, at + 1 + random.integer(100));
    at += batch.length;
    expect(ours(batch).equals(stock(batch))).toBe(true);
  }
  expect(warned).toEqual([]);
});

test('4000 random spans with what the SDK would not let through are the stock bytes', () => {
  const random = randomOf(7);
  const warned = warnings();
  const counts = [0, 1, 127, 128, 2 ** 32 - 1];
  for (let index = 0; index < 4000; index += 1) {
    const span = handMade({
      attributes: attributes(random),
      startTime: time(random),
      endTime: time(random),
      droppedAttributesCount: random.pick(counts),
      droppedEventsCount: random.pick(counts),
      droppedLinksCount: random.pick(counts),
      links: random.list(2, () => ({ ...link(random), droppedAttributesCount: random.pick(counts) })),
      events: random.list(2, () => ({ name: random.pick(texts), time: time(random), droppedAttributesCount: 3 })),
      parentSpanContext: spanContext(random),
    });
    expect(ours([span]).equals(stock([span]))).toBe(true);
  }
  expect(warned.filter(([said]) => String(said).startsWith('export:'))).toEqual([]);
});

test('every text and number is the stock one, as value, key, name, and in a list', () => {
  const warned = warnings();
  for (const text of texts) {
    const span = handMade({
      name: text,
      attributes: { [`k${text}`]: text, list: [text, text] },
      status: { code: SpanStatusCode.ERROR, message: text },
    });
    expect({ text, bytes: ours([span]).toString('hex') }).toEqual({ text, bytes: stock([span]).toString('hex') });
  }
  for (const number of numbers) {
    const span = handMade({ attributes: { number, list: [number] } });
    expect({ number, bytes: ours([span]).toString('hex') }).toEqual({ number, bytes: stock([span]).toString('hex') });
  }
  expect(warned).toEqual([]);
});

test('ids in capitals are read as the stock serializer reads them', () => {
  const [traceId, spanId] = ['ABCDEF0123456789abcdefABCDEF0189', 'FEDCBA9876543210'];
  const span = handMade({ spanContext: () => ({ traceId, spanId, traceFlags: 1 }) });
  expect(ours([span]).toString('hex')).toBe(stock([span]).toString('hex'));
});

test('an independent reader finds what was put into the span', () => {
  const [traceId, spanId, parentSpanId] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210', 'a1b2c3d4e5f60718'];
  const span = handMade({
    name: 'GET /größe/:id',
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: 1 },
    attributes: {
      text: 'x😀',
      lone: 'a\uD800b',
      whole: -3,
      huge: 2 ** 53,
      part: 0.25,
      no: false,
      long: 'l'.repeat(300),
    },
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
  });
  expect(readSpans(ours([span]))).toEqual([
    {
      traceId,
      spanId,
      parentSpanId,
      name: 'GET /größe/:id',
      attributes: new Map<string, unknown>([
        ['text', 'x😀'],
        ['lone', 'a\uFFFDb'],
        ['whole', -3n],
        ['huge', 2n ** 53n],
        ['part', 0.25],
        ['no', false],
        ['long', 'l'.repeat(300)],
      ]),
      resource: new Map([['service.name', 'shop']]),
    },
  ]);
});

test('no spans are no bytes', () => {
  expect([ours([]).length, stock([]).length]).toEqual([0, 0]);
});

test('a batch of megabytes, and small ones before and after it, are the stock bytes', () => {
  const big = [handMade({ attributes: { big: 'é'.repeat(3_000_000), 'big.list': ['l'.repeat(2_500_000)] } })];
  const small = [handMade({ attributes: { small: 1 } })];
  for (const batch of [small, big, small, big, [...small, ...big, ...small]]) {
    expect(ours(batch).equals(stock(batch))).toBe(true);
  }
});

test('a message that was handed out stays as it is while others are encoded', () => {
  const batches = [1, 400, 2, 400, 400, 3].map((count, seed) => spansOf(randomOf(seed), count));
  const messages = batches.map((batch) => encodeSpans(batch).body);
  expect(messages.map((message, index) => stock(batches[index] ?? []).equals(message ?? Buffer.alloc(0)))).toEqual(
    batches.map(() => true),
  );
});

test('ten thousand made-up attribute names are encoded, and the usual ones still are', () => {
  for (let index = 0; index < 10_000; index += 1000) {
    const made = Object.fromEntries(Array.from({ length: 1000 }, (_, each) => [`made.up.${index + each}`, 'x']));
    const span = handMade({ attributes: { ...made, 'url.path': '/' } });
    expect(ours([span]).equals(stock([span]))).toBe(true);
  }
});

test('a resource that waits for attributes is sent with those it has, and whole as soon as it has them', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'host.id': promise });
  const span = handMade({ resource });
  const resourceSeen = (): unknown => readSpans(ours([span])).map((each) => each.resource);
  expect(resourceSeen()).toEqual([new Map([['service.name', 'shop']])]);
  resolve('a-host');
  await resource.waitForAsyncAttributes?.();
  expect(resourceSeen()).toEqual([
    new Map([
      ['service.name', 'shop'],
      ['host.id', 'a-host'],
    ]),
  ]);
  expect(ours([span]).equals(stock([span]))).toBe(true);
});

test('a scope with attributes of its own keeps them', () => {
  const scope = { name: 's', version: '1', attributes: { a: 'b', n: 1 }, droppedAttributesCount: 2 };
  const span = handMade({ instrumentationScope: scope });
  expect(ours([span]).equals(stock([span]))).toBe(true);
});
