/** The look for a receiver, once there is telemetry. */
import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

test('a receiver that answers is found by a program that holds its event loop meanwhile', async () => {
  const receiver = await startScriptedReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url.replace('127.0.0.1', 'localhost'),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '60000',
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
  };
  const exit = await runApp('test/sending/apps/held-start.mjs', { env });
  await receiver.close();
  expect(exit).toEqual({ code: 0, signal: undefined, stdout: '', stderr: '' });
  expect(receiver.spans().map(({ name }) => name)).toEqual(['first']);
});
