/** `http.server.request.duration` as we aggregate it, beside the SDK's own histogram fed with the same requests at the same times. */
import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  DataPointType,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { OtlpMetricExporter } from '../../src/export/metric-exporter.ts';
import { RequestDurations } from '../../src/export/request-durations.ts';
import type { RequestSeries } from '../../src/export/request-durations.ts';
import type { Payload } from '../../src/export/sent.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { deliveryTo } from '../support/delivery.ts';
import { randomOf } from '../support/random.ts';
import type { Random } from '../support/random.ts';

const { CUMULATIVE, DELTA } = AggregationTemporality;
const scope = { name: 'reqlens/http', version: '1.2.3' };

/** The times of both sides are compared, so time stands still but for `pass`. */
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_763_934_000_000 }));
afterEach(() => vi.useRealTimers());

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

class Reader extends MetricReader {
  async onShutdown(): Promise<void> {
    // Holds nothing.
  }
  async onForceFlush(): Promise<void> {
    // Holds nothing.
  }
  async scopes(): Promise<ScopeMetrics[]> {
    return (await this.collect()).resourceMetrics.scopeMetrics;
  }
}

interface Pair {
  readonly ours: Reader;
  readonly stock: Reader;
}

interface Sides {
  readonly pairs: readonly Pair[];
  readonly record: (durationS: number, request: RequestSeries) => void;
}

/** One pair of readers for each temporality given. */
function sides(...temporalities: readonly AggregationTemporality[]): Sides {
  const durations = new RequestDurations(scope);
  const pairs = temporalities.map((temporality) => {
    const aggregationTemporalitySelector = (): AggregationTemporality => temporality;
    const metricProducers = [durations.producerFor(temporality)];
    return {
      ours: new Reader({ aggregationTemporalitySelector, metricProducers }),
      stock: new Reader({ aggregationTemporalitySelector }),
    };
  });
  const ourProvider = new MeterProvider({ readers: pairs.map(({ ours }) => ours) });
  ourProvider.getMeter(scope.name, scope.version);
  const meter = new MeterProvider({ readers: pairs.map(({ stock }) => stock) }).getMeter(scope.name, scope.version);
  const histogram = meter.createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  });
  return {
    pairs,
    record: (durationS, request) => {
      histogram.record(durationS, attributesOf(request));
      durations.record(durationS, request);
    },
  };
}

function attributesOf(request: RequestSeries): Attributes {
  const all = {
    'http.request.method': request.method,
    'url.scheme': request.scheme,
    'network.protocol.version': request.protocolVersion,
    'http.response.status_code': request.statusCode,
    'http.route': request.route,
    'error.type': request.errorType,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** As text: the console exporter shows the order of properties, and NaN and undefined are not lost. */
async function shown(reader: Reader): Promise<unknown> {
  const scopes = await reader.scopes();
  return scopes.map(({ scope: of, metrics }) => ({
    scope: { name: of.name, version: of.version },
    metrics: metrics.map((metric) => JSON.stringify(metric, undefined, 1)),
  }));
}

/** Collects both readers of a pair. */
async function both({ ours, stock }: Pair): Promise<{ readonly ours: unknown; readonly stock: unknown }> {
  return { stock: await shown(stock), ours: await shown(ours) };
}

const ok: RequestSeries = {
  method: 'GET',
  scheme: 'http',
  protocolVersion: '1.1',
  statusCode: 200,
  route: undefined,
  errorType: undefined,
};

function anyRequest({ pick }: Random): RequestSeries {
  return {
    method: pick(['GET', 'POST', '_OTHER']),
    scheme: pick(['http', 'https']),
    protocolVersion: pick(['1.0', '1.1']),
    statusCode: pick([undefined, 200, 404, 500]),
    route: pick([undefined, '', '/', '/orders/:id', '/ 3 ', '/ü']),
    errorType: pick([undefined, undefined, '', '500', 'TypeError']),
  };
}

/** Sums of these are exact in whatever order they are added. */
const durations = [0, 1 / 1024, 5 / 1024, 0.25, 0.5, 1, 2.5, 5, 7.5, 10, 10.5, 1000];

test.each([
  ['one cumulative reader', [CUMULATIVE]],
  ['one delta reader', [DELTA]],
  ['two delta readers and a cumulative one', [DELTA, CUMULATIVE, DELTA]],
])('%s: points, start and end times, and the console are those of the SDK', async (_title, temporalities) => {
  const random = randomOf(42);
  const { pairs, record } = sides(...temporalities);
  for (let round = 0; round < 60; round += 1) {
    for (const each of random.list(40, () => anyRequest(random))) {
      pass(random.integer(20));
      record(random.pick(durations), each);
    }
    pass(random.integer(1000));
    // Readers collect at times of their own, and some for a while not at all.
    const pair = random.pick(pairs);
    {
      const { ours, stock } = await both(pair);
      expect(ours).toEqual(stock);
    }
  }
  for (const pair of pairs) {
    const { ours, stock } = await both(pair);
    expect(ours).toEqual(stock);
  }
  for (const pair of pairs) {
    const { ours, stock } = await both(pair);
    expect(ours).toEqual(stock);
  }
});

test('every bucket has its upper limit and not its lower one', async () => {
  const { pairs, record } = sides(CUMULATIVE);
  for (const limit of [0, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]) {
    record(limit, ok);
    record(limit + 2 ** -20, { ...ok, statusCode: 201 });
  }
  for (const pair of pairs) {
    const { ours, stock } = await both(pair);
    expect(ours).toEqual(stock);
  }
});

test('a route that ends like an error type, and one that looks like no route, are series of their own', async () => {
  const { pairs, record } = sides(CUMULATIVE);
  record(0.1, { ...ok, route: '/a', errorType: 'x' });
  record(0.1, { ...ok, route: '/a x' });
  record(0.1, { ...ok, route: '', errorType: '4 /a x' });
  record(0.1, { ...ok, errorType: ' x' });
  record(0.1, { ...ok, route: ' x' });
  for (const pair of pairs) {
    const { ours, stock } = await both(pair);
    expect(ours).toEqual(stock);
  }
});

test('readers each get the whole of what is theirs', async () => {
  const { pairs, record } = sides(DELTA, DELTA, CUMULATIVE);
  const counts = async (): Promise<number[]> => Promise.all(pairs.map(async ({ ours }) => count(await ours.scopes())));
  record(0.1, ok);
  record(0.1, ok);
  const [first] = pairs;
  expect(first === undefined ? 0 : count(await first.ours.scopes())).toBe(2);
  record(0.1, ok);
  expect(await counts()).toEqual([1, 3, 3]);
  expect(await counts()).toEqual([0, 0, 3]);
});

function count(scopes: readonly ScopeMetrics[]): number {
  return points(scopes).reduce((total, { value }) => total + value.count, 0);
}

function points(
  scopes: readonly ScopeMetrics[],
): Extract<MetricData, { dataPointType: DataPointType.HISTOGRAM }>['dataPoints'] {
  return scopes.flatMap(({ metrics }) =>
    metrics.flatMap((each) => (each.dataPointType === DataPointType.HISTOGRAM ? each.dataPoints : [])),
  );
}

test.each([
  ['cumulative', CUMULATIVE],
  ['delta', DELTA],
])('%s: the 2000th series and all after it are one, marked as the overflow', async (_title, temporality) => {
  const { pairs, record } = sides(temporality);
  for (const round of [1, 2]) {
    for (let index = 0; index < 2500; index += 1) record(0.25 * round, { ...ok, route: `/made/up/${index}` });
    pass(10);
    record(0.25, { ...ok, route: '/made/up/7' });
    for (const pair of pairs) {
      const { ours, stock } = await both(pair);
      expect(ours).toEqual(stock);
    }
  }
  record(1, { ...ok, route: '/made/up/2400' });
  const [pair] = pairs;
  expect(points((await pair?.ours.scopes()) ?? []).length).toBe(temporality === DELTA ? 1 : 2000);
});

test('a cumulative reader has no more than 2000 series however often it collects', async () => {
  const { pairs, record } = sides(CUMULATIVE);
  const [pair] = pairs;
  for (let round = 0; round < 4; round += 1) {
    for (let index = 0; index < 1000; index += 1) record(0.25, { ...ok, route: `/made/up/${round}/${index}` });
    await pair?.ours.scopes();
  }
  const all = points((await pair?.ours.scopes()) ?? []);
  expect(all.length).toBe(2000);
  expect(
    all.filter(({ attributes }) => attributes['otel.metric.overflow'] === true).map(({ value }) => value.count),
  ).toEqual([2001]);
});

test('what a cumulative reader was given does not change with the requests after it', async () => {
  const { pairs, record } = sides(CUMULATIVE);
  record(0.1, ok);
  const [pair] = pairs;
  const given = (await pair?.ours.scopes()) ?? [];
  const before = JSON.stringify(given);
  record(0.2, ok);
  expect(JSON.stringify(given)).toBe(before);
});

test('nothing is exported while there were no requests, and nothing fails without a reader', async () => {
  const { pairs } = sides(CUMULATIVE, DELTA);
  for (const { ours } of pairs) expect(await ours.scopes()).toEqual([]);
  expect(() => new RequestDurations(scope).record(1, ok)).not.toThrow();
});

test('the reader puts its own resource and the flush of its provider reaches the points', async () => {
  const own = new RequestDurations(scope);
  const exporter = new InMemoryMetricExporter(CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [own.producerFor(CUMULATIVE)] });
  const provider = new MeterProvider({ readers: [reader] });
  own.record(0.1, ok);
  await provider.forceFlush();
  const [exported] = exporter.getMetrics();
  expect(exported?.resource.attributes['telemetry.sdk.name']).toBe('opentelemetry');
  expect(count(exported?.scopeMetrics ?? [])).toBe(1);
  await provider.shutdown();
});

test('the console shows the metric as it shows the one of the SDK', async () => {
  const dir = vi.spyOn(console, 'dir').mockImplementation(() => undefined);
  const { pairs, record } = sides(CUMULATIVE);
  record(0.1, { ...ok, route: '/orders/:id' });
  pass(100);
  for (const { ours, stock } of pairs) {
    for (const reader of [ours, stock]) {
      const { resourceMetrics } = await reader.collect();
      new ConsoleMetricExporter().export(resourceMetrics, () => undefined);
    }
  }
  const [first, second] = dir.mock.calls.map(([what]) => JSON.stringify(what));
  expect([first?.length !== undefined && first.length > 500, first]).toEqual([true, second]);
  dir.mockRestore();
});

test('a receiver sees one scope, though a counter of it comes from the SDK and the durations from us', async () => {
  const own = new RequestDurations(scope);
  const sent: Payload[] = [];
  const { config } = readConfig({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
  const exporter = new OtlpMetricExporter(
    deliveryTo({
      send: async (payload) => {
        sent.push(payload);
        return { status: 'sent' };
      },
    }),
    config.metrics,
    config.waiting.batchBytes,
  );
  const temporality = exporter.selectAggregationTemporality(InstrumentType.HISTOGRAM);
  const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [own.producerFor(temporality)] });
  const provider = new MeterProvider({ readers: [reader] });
  provider.getMeter(scope.name, scope.version).createCounter('reqlens.request_id.rejected').add(1);
  provider.getMeter('another').createCounter('other').add(1);
  own.record(0.1, ok);
  await provider.forceFlush();
  const [payload] = sent;
  const { resourceMetrics } = JSON.parse(Buffer.from(payload?.body ?? []).toString()) as {
    resourceMetrics: { scopeMetrics: { scope: { name: string }; metrics: { name: string }[] }[] }[];
  };
  expect(
    resourceMetrics.flatMap((each) =>
      each.scopeMetrics.map((entry) => [entry.scope.name, entry.metrics.map(({ name }) => name)]),
    ),
  ).toEqual([
    ['reqlens/http', ['reqlens.request_id.rejected', 'http.server.request.duration']],
    ['another', ['other']],
  ]);
  await provider.shutdown();
});
