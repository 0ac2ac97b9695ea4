/** What the application tells of its own sending, by the semantic conventions. */
import { expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import { errorTypeOf } from '../../src/export/trouble-reason.ts';
import { receiver } from './receiver.ts';
import { untilTrue } from '../support/until-true.ts';

interface Point {
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
}

interface OtlpPoint {
  readonly asInt?: string | number;
  readonly asDouble?: number;
  readonly count?: string | number;
  readonly attributes: readonly { readonly key: string; readonly value: OtlpValue }[];
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}

/** Of the last request that had any. */
function pointsIn(body: Buffer): Point[] {
  const { resourceMetrics } = JSON.parse(body.toString()) as {
    resourceMetrics: { scopeMetrics: { metrics: OtlpMetric[] }[] }[];
  };
  return resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .filter(({ name }) => name.startsWith('otel.sdk.'))
    .flatMap(
      ({ name: metric, unit, sum, histogram }) =>
        (sum ?? histogram)?.dataPoints.map((point) => ({
          metric,
          unit,
          value: Number(point.asInt ?? point.asDouble ?? point.count),
          attributes: Object.fromEntries(
            point.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
          ),
        })) ?? [],
    );
}

test('spans that were taken, rejected and refused, the queue, and how long requests took', async () => {
  let traces = 0;
  const { url, port, posts } = await receiver((response, { path }) => {
    if (path !== '/v1/traces') return response.writeHead(200).end();
    traces += 1;
    const isPartial = traces === 2;
    response.writeHead(traces === 3 ? 400 : 200, { 'content-type': 'application/json' });
    return response.end(isPartial ? '{"partialSuccess":{"rejectedSpans":1}}' : '{}');
  });
  const app = await startApp('test/exit/apps/endings.mjs', {
    args: ['serve'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_BLRP_SCHEDULE_DELAY: '20',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
    },
  });
  for (const count of [1, 2, 3]) {
    // oxlint-disable-next-line no-await-in-loop -- a batch each
    await app.get('/ok');
    // oxlint-disable-next-line no-await-in-loop -- a batch each
    await untilTrue(() => traces === count);
  }
  const last = (): readonly Point[] => {
    const post = posts.findLast(({ path }) => path === '/v1/metrics');
    return post === undefined ? [] : pointsIn(post.body);
  };
  const exported = (errorType: string | undefined): number | undefined =>
    last().find(
      ({ metric, attributes }) =>
        metric === 'otel.sdk.exporter.span.exported' && attributes['error.type'] === errorType,
    )?.value;
  const names = (): Set<string> => new Set(last().map(({ metric }) => metric));
  await untilTrue(() => exported('400') !== undefined && names().size === 13);
  // Two spans a request.
  expect({ taken: exported(undefined), rejected: exported('rejected'), refused: exported('400') }).toEqual({
    taken: 3,
    rejected: 1,
    refused: 2,
  });
  const component = {
    'otel.component.name': 'otlp_http_json_span_exporter/0',
    'otel.component.type': 'otlp_http_json_span_exporter',
    'server.address': '127.0.0.1',
    'server.port': port,
  };
  const processor = {
    'otel.component.name': 'batching_span_processor/0',
    'otel.component.type': 'batching_span_processor',
  };
  expect(last()).toEqual(
    expect.arrayContaining([
      { metric: 'otel.sdk.exporter.span.inflight', unit: '{span}', value: 0, attributes: component },
      { metric: 'otel.sdk.processor.span.queue.size', unit: '{span}', value: 0, attributes: processor },
      { metric: 'otel.sdk.processor.span.queue.capacity', unit: '{span}', value: 2048, attributes: processor },
      { metric: 'otel.sdk.processor.span.processed', unit: '{span}', value: 6, attributes: processor },
      { metric: 'otel.sdk.exporter.operation.duration', unit: 's', value: 1, attributes: component },
      {
        metric: 'otel.sdk.exporter.operation.duration',
        unit: 's',
        value: 1,
        attributes: { ...component, 'error.type': 'rejected' },
      },
    ]),
  );
  expect(names()).toEqual(
    new Set([
      'otel.sdk.exporter.operation.duration',
      ...['span', 'log', 'metric_data_point'].flatMap((name) => [
        `otel.sdk.exporter.${name}.inflight`,
        `otel.sdk.exporter.${name}.exported`,
      ]),
      ...['span', 'log'].flatMap((name) => [
        `otel.sdk.processor.${name}.queue.size`,
        `otel.sdk.processor.${name}.queue.capacity`,
        `otel.sdk.processor.${name}.processed`,
      ]),
    ]),
  );
  await app.get('/end');
  await app.exit;
});

test.each([
  ['HTTP status 503: busy', '503'],
  ['gRPC status 14 (UNAVAILABLE): busy', 'UNAVAILABLE'],
  ['gRPC status 99', '_OTHER'],
  ['no answer within 10000 ms', 'timeout'],
  ['ECONNREFUSED', 'ECONNREFUSED'],
  ['ECONNRESET (the connection was closed before an answer)', 'ECONNRESET'],
  ['HTTP status 407 of the proxy x port 1', '407'],
  ['the connection was closed without a gRPC status', '_OTHER'],
])('error.type of %j', (reason, type) => {
  expect(errorTypeOf(reason)).toBe(type);
});
