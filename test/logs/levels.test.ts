/** Levels change while the process runs: by the watched file, and by the API; child loggers follow. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import type { RunningApp } from '../support/run-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'reqlens-levels-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function start(env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
  return startApp('test/logs/apps/levels.mjs', {
    env: {
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_LOG_DIR: folder,
      ...env,
    },
  });
}

/** What one round of logging writes, as `<logger>[ <part>]: <message>`. */
async function logged(app: RunningApp, round: string): Promise<string[]> {
  await app.get(`/log/${round}`);
  await expect.poll(() => app.stdout()).toContain(`"msg":"info ${round}"`);
  return app
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(` ${round}"`))
    .map((line): Readonly<Record<string, string>> => JSON.parse(line))
    .map(
      ({ logger, part, msg }) => `${logger}${part === undefined ? '' : ` ${part}`}: ${msg?.replace(` ${round}`, '')}`,
    );
}

const atInfo = ['publish_sync: info', 'publish_sync child: info', 'webhooks: info'];
const atDebug = [
  'publish_sync: debug',
  'publish_sync: info',
  'publish_sync child: debug',
  'publish_sync child: info',
  'webhooks: info',
];

test('a level that is saved in the loggers file holds from then on, however it is saved', async () => {
  const path = join(folder, 'loggers.yaml');
  writeFileSync(path, 'loggers:\n  publish_sync:\n    level: info\n');
  const app = await start({ REQLENS_LOGGERS_FILE: path });
  expect(await logged(app, 'first')).toEqual(atInfo);
  writeFileSync(path, 'loggers:\n  publish_sync:\n    level: debug\n');
  await expect
    .poll(async () => logged(app, `written${performance.now()}`), { timeout: 10_000, interval: 200 })
    .toEqual(atDebug);
  // As editors and Kubernetes do it: a new file in the place of the old.
  writeFileSync(`${path}.new`, 'loggers:\n  publish_sync:\n    level: silent\n');
  renameSync(`${path}.new`, path);
  await expect
    .poll(async () => logged(app, `renamed${performance.now()}`), { timeout: 10_000, interval: 200 })
    .toEqual(['webhooks: info']);
  writeFileSync(path, 'loggers:\n  publish_sync:\n    level: loud\n');
  await expect.poll(() => app.stderr(), { timeout: 5000 }).toContain('loud');
  expect(app.stderr()).toBe(
    `reqlens: loggers.publish_sync.level="loud" in ${path} is not usable: expected trace, debug, info, warn, error, fatal or silent; it is ignored\n`,
  );
  expect(await logged(app, 'mistake')).toEqual(atInfo);
  writeFileSync(path, 'loggers:\n  publish_sync:\n    level: error\n');
  await expect
    .poll(async () => logged(app, `error${performance.now()}`), { timeout: 10_000, interval: 200 })
    .toEqual(['webhooks: info']);
  writeFileSync(path, 'loggers: [');
  await expect.poll(() => app.stderr(), { timeout: 5000 }).toContain('REQLENS_LOGGERS_FILE=');
  expect(await logged(app, 'broken')).toEqual(['webhooks: info']);
  await app.get('/bye');
  await app.exit;
});

test('setLogLevel changes a logger and its children; a child with a level of its own keeps it; a wrong level is refused', async () => {
  const app = await start();
  expect(await logged(app, 'before')).toEqual(atInfo);
  await app.get('/set/debug');
  expect(await logged(app, 'after')).toEqual(atDebug);
  expect((await app.get('/set/loud')).body).toBe(
    'LOG_LEVEL_INVALID: cannot set the log level "loud": it must be one of trace, debug, info, warn, error, fatal, silent',
  );
  expect(await logged(app, 'refused')).toEqual(atDebug);
  await app.get('/bye');
  expect((await app.exit).stderr).toBe('');
});
