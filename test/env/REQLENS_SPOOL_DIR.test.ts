/** Where batches wait that no collector takes. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { deadPort } from '../support/scripted-receiver.ts';

const variable = 'REQLENS_SPOOL_DIR';
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-spool-'));
  folders.push(folder);
  return folder;
}

/** A program that logs one line and ends while nobody listens. */
async function spooled(env: Readonly<Record<string, string>>): Promise<{ code: number | undefined; stderr: string }> {
  return runApp('test/exit/apps/endings.mjs', {
    args: ['log'],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await deadPort()}`, ...env },
  });
}

function batchesIn(directory: string): number {
  return existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.otlp')).length : 0;
}

test.each(['', '  '])('unset and blank mean `spool` in REQLENS_LOG_DIR (%j)', async (value) => {
  const logs = newFolder();
  const { code } = await spooled({ REQLENS_LOG_DIR: logs, [variable]: value });
  expect({ code, batches: batchesIn(join(logs, 'spool')) }).toEqual({ code: 0, batches: 1 });
});

test("a directory of one's own is made, with those above it", async () => {
  const spool = join(newFolder(), 'var', 'spool');
  await spooled({ [variable]: spool });
  expect(batchesIn(spool)).toBe(1);
});

test.each(['off', 'OFF'])('%s keeps nothing on disk', async (value) => {
  const logs = newFolder();
  await spooled({ REQLENS_LOG_DIR: logs, [variable]: value });
  expect(readdirSync(logs)).toEqual(['webhooks.log']);
});

test('a place where none can be made is told once, and the application goes on', async () => {
  const { code, stderr } = await spooled({ [variable]: '/proc/self/spool' });
  expect(code).toBe(0);
  expect(stderr.match(/cannot be kept in \/proc\/self\/spool and waits in memory: ENOENT[^\n]*/g)).toHaveLength(1);
});
