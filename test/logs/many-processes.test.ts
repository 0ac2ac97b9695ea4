/** Four processes with a worker thread each write one logger's file through some hundred rotations: no line is lost, torn or doubled. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

const count = 2000;
const writers = ['a', 'b', 'c', 'd'];
const limitBytes = 32 * 1024;

test('every line of eight writers is in the files, once, and no file is beyond its limit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-many-'));
  try {
    const exits = await Promise.all(
      writers.map(async (writer) =>
        runApp('test/logs/apps/numbered.mjs', {
          args: [writer, String(count)],
          killAfterMs: 60_000,
          env: {
            OTEL_LOGS_EXPORTER: 'none',
            OTEL_TRACES_EXPORTER: 'none',
            OTEL_METRICS_EXPORTER: 'none',
            REQLENS_LOG_DIR: folder,
            REQLENS_LOGGERS: 'publish_sync:size=32KB:backups=unlimited:console=off',
          },
        }),
      ),
    );
    expect(exits.map(({ code, stdout, stderr }) => ({ code, stdout, stderr }))).toEqual(
      writers.map(() => ({ code: 0, stdout: '', stderr: '' })),
    );
    const files = readdirSync(folder);
    const seen = new Map<string, number[]>();
    for (const line of files.flatMap((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'))) {
      const { writer, n }: { writer: string; n: number } = JSON.parse(line);
      seen.set(writer, [...(seen.get(writer) ?? []), n]);
    }
    const all = Array.from({ length: count }, (_, n) => n);
    const names = writers.flatMap((writer) => [writer, `${writer}-worker`]);
    expect([...seen.keys()].toSorted()).toEqual(names.toSorted());
    for (const [, numbers] of seen) expect(numbers.toSorted((a, b) => a - b)).toEqual(all);
    expect(files.length).toBeGreaterThan(50);
    expect(Math.max(...files.map((file) => statSync(join(folder, file)).size))).toBeLessThanOrEqual(limitBytes);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 90_000);
