/** Every line that the logger has taken is in the file, however the process ends. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';

interface Ended extends AppExit {
  /** Numbers of the application's lines in the file. */
  readonly numbers: readonly number[];
  readonly others: readonly string[];
}

async function ended(way: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-ending-'));
  const exporters = { OTEL_LOGS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  try {
    const exit = await runApp('test/logs/apps/ending.mjs', {
      args: [way],
      env: { ...exporters, REQLENS_LOG_DIR: folder, REQLENS_LOG_CONSOLE: 'false', ...env },
    });
    const path = join(folder, 'publish_sync.log');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    const numbers = lines.filter((line) => line !== '').map((line): number => JSON.parse(line).n);
    return { ...exit, numbers, others: exit.stdout.trimEnd().split('\n') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const all = Array.from({ length: 300 }, (_, n) => n);

describe('all lines are in the file', () => {
  for (const { way, code, signal } of [
    { way: 'natural', code: 0 },
    { way: 'exit', code: 3 },
    { way: 'exit listener', code: 3 },
    { way: 'reallyExit handler', code: 4 },
    { way: 'uncaughtException', code: 1 },
    { way: 'unhandledRejection', code: 1 },
    { way: 'promise that never settles', code: 13 },
    { way: 'SIGTERM', signal: 'SIGTERM' },
    { way: 'SIGINT', signal: 'SIGINT' },
    { way: 'SIGHUP', signal: 'SIGHUP' },
    { way: 'SIGKILL to itself', signal: 'SIGKILL' },
    { way: 'SIGKILL next turn', signal: 'SIGKILL' },
    { way: 'worker exits', code: 0 },
    { way: 'worker is terminated', code: 0 },
    { way: 'main exits while the worker runs', code: 3 },
  ]) {
    test(`at ${way}`, async () => {
      const exit = await ended(way);
      expect({ numbers: exit.numbers, code: exit.code, signal: exit.signal }).toEqual({ numbers: all, code, signal });
    });
  }

  test('with OTEL_SDK_DISABLED too', async () => {
    const env = { OTEL_SDK_DISABLED: 'true' };
    const exits = await Promise.all([ended('exit', env), ended('SIGTERM', env)]);
    expect(exits.map(({ numbers }) => numbers)).toEqual([all, all]);
    expect(exits.map(({ code, signal }) => [code, signal])).toEqual([
      [3, undefined],
      [undefined, 'SIGTERM'],
    ]);
  });
});

describe('SIGKILL from elsewhere in the same turn', () => {
  test('takes what was not yet handed to the operating system: at most one turn and 64 KiB', async () => {
    expect((await ended('SIGKILL from elsewhere')).numbers).toEqual([]);
  });

  test('takes nothing with REQLENS_LOG_SYNC=true', async () => {
    expect((await ended('SIGKILL from elsewhere', { REQLENS_LOG_SYNC: 'true' })).numbers).toEqual(all);
  });
});
