/** Async hooks hear of what a line or a span sets off while it is being made; an error in one ends the process. */
import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

test('a hook that logs and starts spans does not call itself without end', async () => {
  const receiver = await startScriptedReceiver();
  try {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      REQLENS_LOG_CONSOLE: 'false',
      REQLENS_SHUTDOWN_TIMEOUT: '15000',
    };
    const { code, stdout, stderr } = await runApp('test/logs/apps/async-hook.mjs', { env });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(receiver.logs().map(({ body }) => body)).toContain('Timeout');
    expect(receiver.spans().map(({ name }) => name)).toContain('Timeout');
  } finally {
    await receiver.close();
  }
});
