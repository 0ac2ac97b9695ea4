/** Loggers and their settings from a file. The effect, and levels while a process runs: test/logs/settings.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { loggersInForce, saidAtStart } from './said-at-start.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'reqlens-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('a YAML file is read, REQLENS_LOGGERS is laid over it, and a mistake is reported with file and key', async () => {
  const path = join(directory, 'loggers.yaml');
  writeFileSync(path, 'loggers:\n  webhooks: {level: lots}\n  payments: {level: debug, console: false}\n');
  const lines = await saidAtStart({
    REQLENS_STARTUP_LINE: 'true',
    REQLENS_LOGGERS_FILE: path,
    REQLENS_LOGGERS: 'payments:level=warn',
  });
  expect(lines.slice(0, -1)).toEqual([
    `reqlens: loggers.webhooks.level="lots" in ${path} is not usable: expected trace, debug, info, warn, error, fatal or silent; info is used`,
  ]);
  expect(loggersInForce(lines)).toBe(
    'log-dir=logs/publish-sync-logs loggers=publish_sync:info,wordpress_api:info,webhooks:info,payments:warn:no-console',
  );
});

test('a file that is not there is one complaint, and the loggers are used without it', async () => {
  const lines = await saidAtStart({ REQLENS_LOGGERS_FILE: 'no-such.json', REQLENS_STARTUP_LINE: 'true' });
  expect(lines.slice(0, -1)).toEqual([
    'reqlens: REQLENS_LOGGERS_FILE="no-such.json" is not usable: expected the path of a readable file (ENOENT: no such file or directory, stat \'no-such.json\'); the loggers are used without it',
  ]);
  expect(loggersInForce(lines)).toBe(
    'log-dir=logs/publish-sync-logs loggers=publish_sync:info,wordpress_api:info,webhooks:info',
  );
});
