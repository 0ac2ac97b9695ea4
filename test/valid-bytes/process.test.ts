/** A real process that is given, and makes, what is hard to encode: Google's decoders and our collector take all that it sends. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { ask, startCollectorProcess } from '../collector/collector-process.ts';
import { exchange } from '../http/support/raw-client.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';
import { missingJudge, startJudge } from './judge.ts';

const missing = missingJudge();
const signals = { '/v1/traces': 'trace', '/v1/logs': 'logs', '/v1/metrics': 'metrics' } as const;

/** Heads that Node's parser lets through. */
const heads = [
  'Host: a:b', 'Host: a:1e400', 'Host: \u00ff:1', 'Host: [::1', 'X-Request-ID: \u00ff\u0080', 'X-Forwarded-For: \u00ff, a:b, [', 'User-Agent: \u00ff',
  'Forwarded: for="\u00ff";host=a:b', 'X-Forwarded-Host: a:-1', 'tracestate: \u00ff=\u00ff', 'traceparent: 00-0-0-0', 'baggage: a=\u00ff',
  'X-Debug-Resource-Tracking: \u00ff',
]; // prettier-ignore

describe.skipIf(missing !== undefined)(
  `all that is sent${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test.each(['http/protobuf', 'http/json'])('over %s is taken', async (protocol) => {
      const receiver = await startOtlpReceiver();
      const judge = startJudge();
      const collector = await startCollectorProcess('--memory');
      onTestFinished(async () => {
        judge.end();
        await receiver.close();
      });
      const app = await startApp('test/valid-bytes/apps/odd-values-app.mjs', {
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_METRIC_EXPORT_INTERVAL: '500',
          REQLENS_SHUTDOWN_TIMEOUT: '10000',
        },
      });
      const port = Number(new URL(app.url).port);
      for (const head of heads) {
        const send = `GET /%ff?%ff=\u00ff HTTP/1.1\r\n${head.startsWith('Host') ? '' : 'Host: a\r\n'}${head}\r\nConnection: close\r\n\r\n`;
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await exchange({ port, send: Buffer.from(send, 'latin1') });
      }
      expect((await app.get('/odd')).status).toBe(200);
      await receiver.until(({ requests }) => requests.some(({ body }) => body.includes('odd.counter')));
      await app.get('/bye');
      expect((await app.exit).code).toBe(0);
      const encoding = protocol === 'http/json' ? 'json' : 'protobuf';
      const kinds = new Set<string>();
      for (const { path, body, headers } of receiver.requests) {
        const signal = signals[path as keyof typeof signals];
        kinds.add(signal);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await judge.ask({ signal, encoding, body })).toEqual({ value: expect.any(Object) });
        const type = { 'content-type': String(headers['content-type']) };
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const answer = await ask(`${collector.otlpUrl}${path}`, { method: 'POST', headers: type, body });
        // An empty message: nothing of it was rejected.
        expect([path, answer.status, answer.body.toString()]).toEqual([path, 200, encoding === 'json' ? '{}' : '']);
      }
      expect([...kinds].toSorted()).toEqual(['logs', 'metrics', 'trace']);
    });
  },
);
