/** examples/bullmq as users start it, with a real Redis: a job's lines and spans in a worker process belong to the request that queued it. */
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test } from 'vitest';

import { logsOf, spansOf } from '../support/otlp-json.ts';
import type { PlainSpan } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';
import { missingForBullmq, startRedis } from './redis-server.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const missing = missingForBullmq(checkout);
type Fields = Readonly<Record<string, unknown>>;

/** @returns The answer's `X-Request-ID`. */
async function post(url: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  request(url, { method: 'POST', agent: false }, (response) => {
    response.resume().on('end', () => resolve(response.headers['x-request-id']));
  })
    .on('error', reject)
    .end();
  return promise;
}

describe.skipIf(missing !== undefined)(`BullMQ${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('lines of both loggers in the worker have the request id; the task has a trace of its own, linked to the request', async () => {
    const [receiver, redis] = await Promise.all([startOtlpReceiver(), startRedis()]);
    onTestFinished(async () => {
      await Promise.all([receiver.close(), redis.stop()]);
    });
    const env = {
      REDIS_URL: redis.url,
      PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_SHUTDOWN_TIMEOUT: '10000',
    };
    const producer = await startApp('examples/bullmq/producer.js', { env });
    const [ok, failing] = [await post(`${producer.url}/posts/7`), await post(`${producer.url}/posts/13`)];
    producer.signal('SIGTERM');
    const queued = await producer.exit;
    // The worker starts when the requests and their process are gone.
    const worker = await runWorker(env);
    expect([queued.code, queued.stderr, worker.code, worker.stderr]).toEqual([0, '', 0, '']);

    const lines = worker.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Fields => JSON.parse(line));
    const spans = spansOf(receiver.requests);
    for (const { requestId, postId, messages } of [
      { requestId: ok, postId: '7', messages: ['publishing', 'sent to WordPress', 'published'] },
      { requestId: failing, postId: '13', messages: ['publishing', 'sent to WordPress'] },
    ]) {
      const task = only(
        spans,
        ({ name, attributes }) => name === 'publish' && attributes['reqlens.request.id'] === requestId,
      );
      const server = only(
        spans,
        ({ kind, attributes }) => kind === 2 && attributes['reqlens.request.id'] === requestId,
      );
      expect(requestId).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
      expect([task.parentSpanId, task.traceId === server.traceId]).toEqual([undefined, false]);
      expect(task.links).toEqual([
        { traceId: server.traceId, spanId: server.spanId, attributes: { 'reqlens.request.id': requestId } },
      ]);
      expect(task.attributes).toMatchObject({ 'user.id': 'editor-7', 'reqlens.account.id': 'north' });
      const own = lines.filter((line) => line['postId'] === postId);
      expect(own.map(({ msg, request_id, trace_id }) => [msg, request_id, trace_id])).toEqual(
        messages.map((message) => [message, requestId, task.traceId]),
      );
      const records = logsOf(receiver.requests).filter(({ traceId }) => traceId === task.traceId);
      expect(records.find(({ body }) => body === 'publishing')).toMatchObject({
        scope: 'publish_sync',
        attributes: { 'reqlens.request.id': requestId },
      });
    }
    expect(lines.map(({ name, logger }) => name ?? logger)).toContain('wordpress-client');
    const failed = only(spans, ({ name, status }) => name === 'publish' && status.code === 2);
    expect(failed).toMatchObject({ status: { message: 'WordPress answered 503' }, events: [{ name: 'exception' }] });
  });
});

/** Until it has done both jobs. */
async function runWorker(env: Readonly<Record<string, string>>): Promise<AppExit> {
  const worker = await startApp('examples/bullmq/worker.js', { env, ready: /^waiting for jobs$/m });
  await worker.until(
    ({ stdout }) => stdout().match(/sent to WordPress/g)?.length === 2 && stdout().includes('"published"'),
  );
  worker.signal('SIGTERM');
  return worker.exit;
}

function only(spans: readonly PlainSpan[], isWanted: (span: PlainSpan) => boolean): PlainSpan {
  const found = spans.filter(isWanted);
  expect(found).toHaveLength(1);
  // oxlint-disable-next-line typescript/no-non-null-assertion -- counted on the line above
  return found[0]!;
}
