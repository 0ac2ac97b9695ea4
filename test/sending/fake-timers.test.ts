/** Fake timers in an application's tests: what is made meanwhile, and afterwards, is sent as ever, while the process runs. */
import { expect, test } from 'vitest';

import { newSpool, receiverOn, spoolEnv } from '../spool/spooling.ts';
import type { ScriptedReceiver } from '../support/scripted-receiver.ts';
import { startApp } from '../support/run-app.ts';
import type { RunningApp } from '../support/run-app.ts';

async function appFor({ port }: ScriptedReceiver, { args = [], ...more }: How = {}): Promise<RunningApp> {
  const env = { ...spoolEnv(port, newSpool()), OTEL_LOGS_EXPORTER: 'none', ...more.env };
  return startApp('test/sending/apps/fake-timers.mjs', { args, env });
}

interface How {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function hasSpan(receiver: ScriptedReceiver, name: string): boolean {
  return receiver.spans().some((span) => span.name === name);
}

async function end(app: RunningApp): Promise<void> {
  app.signal('SIGKILL');
  await app.exit;
}

test('spans that are made under fake timers, and after them', async () => {
  const receiver = await receiverOn(0);
  const app = await appFor(receiver);
  await app.get('/fake');
  await app.get('/span?meanwhile');
  await app.get('/real');
  await app.get('/span?afterwards');
  await receiver.until(() => hasSpan(receiver, 'meanwhile') && hasSpan(receiver, 'afterwards'));
  expect(app.stderr()).not.toContain('collector');
  await end(app);
});

test('a receiver that is busy meanwhile is asked again', async () => {
  let isBusy = true;
  const receiver = await receiverOn(0, { answer: () => (isBusy ? 503 : 200) });
  const app = await appFor(receiver);
  await app.get('/fake');
  await app.get('/span?meanwhile');
  await receiver.until(() => receiver.requests.length > 0);
  await app.get('/real');
  isBusy = false;
  await receiver.until(() => hasSpan(receiver, 'meanwhile'));
  expect(receiver.requests.length).toBeGreaterThan(1);
  await end(app);
});

test('metrics whose first measurement comes under fake timers', async () => {
  const receiver = await receiverOn(0);
  const env = {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_METRIC_EXPORT_TIMEOUT: '200',
  };
  const app = await appFor(receiver, { args: ['from-the-start'], env });
  await app.get('/real');
  await receiver.until(() => receiver.requests.length > 1);
  expect(receiver.requests.map(({ path }) => path)).toEqual(receiver.requests.map(() => '/v1/metrics'));
  await end(app);
});
