/** The preload may be another copy of the package than the one that the application imports: both work as one. */
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reqlens-two-copies-'));
  const copy = join(directory, 'node_modules/reqlens');
  await mkdir(copy, { recursive: true });
  await cp(join(checkout, 'package.json'), join(copy, 'package.json'));
  const isOurs = (path: string): boolean => !path.startsWith(join(checkout, 'dist/src'));
  await cp(join(checkout, 'dist'), join(copy, 'dist'), { recursive: true, filter: isOurs });
  await cp(join(checkout, 'test/entry/apps/second-copy.mjs'), join(directory, 'app.mjs'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

test('the settings of the copy that was started hold for both, and what one opens the other ends', async () => {
  const receiver = await startScriptedReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    REQLENS_LOG_DIR: directory,
    REQLENS_LOGGERS: 'orders:file=orders.log:console=false',
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
  };
  const nodeArgs = ['--import', join(checkout, 'register.js')];
  const { code, stdout, stderr } = await runApp('app.mjs', { cwd: directory, nodeArgs, env });
  await receiver.close();
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true\nALREADY_STARTED\n', stderr: '' });
  const spans = receiver.spans().map(({ name, scope }) => `${scope} ${name}`);
  expect(spans.toSorted()).toEqual(['reqlens/http GET', 'reqlens/http GET', 'reqlens/tasks endless']);
  const lines = (await readFile(join(directory, 'orders.log'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'seen', user_id: 'ann' }]);
  expect(receiver.logs().map(({ body }) => body)).toEqual(['seen']);
});
