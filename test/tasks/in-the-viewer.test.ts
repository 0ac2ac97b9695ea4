/** Tasks on the whole way: application, protobuf, collector, query API. */
import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import type { RequestRow, TraceView } from '../../collector/view/api-types.ts';
import { api, startCollectorProcess } from '../collector/collector-process.ts';
import { startApp } from '../support/run-app.ts';

const names = (rows: readonly RequestRow[]): string[] => rows.map(({ name }) => name).toSorted();

test("a request's lines and those of its tasks stand together, and the links lead from one trace to the other", async () => {
  const collector = await startCollectorProcess('--memory');
  const app = await startApp('test/tasks/apps/tasks.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl, REQLENS_SHUTDOWN_TIMEOUT: '10000' },
  });
  const { request }: { request: { requestId: string; traceId: string } } = JSON.parse(
    (await app.get('/in-request')).body,
  );
  await app.get('/given');
  await app.get('/bye');
  await app.exit;

  const trace = async (traceId: string): Promise<TraceView> => {
    const { json } = await api(collector, `/api/traces/${traceId}`);
    return json as TraceView;
  };
  const { json } = await api(collector, `/api/find?q=${request.requestId}`);
  expect(json).toEqual({ kind: 'trace', requestId: request.requestId, traceId: request.traceId });
  const own = await trace(request.traceId);
  expect(own.logs.map(({ body, logger }) => [logger, body])).toEqual([
    ['publish_sync', 'first line of publish'],
    ['publish_sync', 'last line of publish'],
    ['publish_sync', 'after publish'],
  ]);
  expect(names(own.related)).toEqual(['count', 'publish']);

  const task = await trace(own.related.find(({ name }) => name === 'publish')?.traceId ?? '');
  expect(task).toMatchObject({ requestId: request.requestId, isBackground: true, logs: [{}, {}] });
  expect(names(task.related)).toEqual(['GET', 'count']);
  const root = own.spans.find(({ kind }) => kind === 'server');
  expect(task.spans.find(({ name }) => name === 'publish')?.links).toEqual([
    { traceId: request.traceId, spanId: root?.spanId, attributes: { 'reqlens.request.id': request.requestId } },
  ]);

  // A link without a span, to a trace that nobody has sent.
  const found = await api(collector, '/api/find?q=order-77');
  const { requests } = found.json as { requests: readonly RequestRow[] };
  expect(names(requests)).toEqual(['by both', 'by id']);
  const byId = await trace(requests.find(({ name }) => name === 'by id')?.traceId ?? '');
  expect(byId.spans[0]?.links[0]).toEqual({
    traceId: createHash('sha256').update('order-77').digest('hex').slice(0, 32),
    spanId: '0000000000000000',
    attributes: { 'reqlens.request.id': 'order-77' },
  });
});
