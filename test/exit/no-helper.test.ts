/** An exit whose helper thread cannot be had: what it would have sent waits on disk, and nobody waits for it. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { outcome, receiverEnv } from './ending.ts';
import { newSpool, spooledCount } from '../spool/spooling.ts';
import { runApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const program = 'test/exit/apps/no-helper.mjs';
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const node = process.env['REQLENS_TEST_NODE'] ?? process.execPath;

interface End {
  readonly what: string;
  readonly path?: string;
  readonly node?: string;
  readonly nodeArgs: readonly string[];
}

/** @returns What was said at an exit that left a span, and how many spans are on disk then. */
async function endWithout({ what, path = '', ...how }: End): Promise<{ said: string; kept: number }> {
  const receiver = await startScriptedReceiver();
  const spool = newSpool();
  try {
    const env = { ...receiverEnv(receiver.url), REQLENS_SPOOL_DIR: spool };
    const exit = await runApp(program, { env, args: [what, path], ...how });
    expect(outcome(exit).code).toBe(3);
    expect(receiver.spans()).toEqual([]);
    return { said: exit.stderr, kept: spooledCount(spool, 'trace') };
  } finally {
    await receiver.close();
  }
}

test('because a deployment has replaced the package while the process ran', async () => {
  // Where its dependencies are found, as in an application.
  const copy = mkdtempSync(join(dist, '../node_modules/.cache/reqlens-replaced-'));
  cpSync(dist, copy, { recursive: true, filter: (from) => from !== join(dist, 'src') });
  try {
    const nodeArgs = ['--import', join(copy, 'register.cjs')];
    expect(await endWithout({ what: 'its code', path: copy, nodeArgs })).toEqual({ said: '', kept: 1 });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test.skipIf(process.platform === 'win32')('because too few descriptors are left for it', async () => {
  const nodeArgs = ['-c', 'ulimit -n 80; exec "$0" "$@"', node, '--import', './register.js'];
  expect(await endWithout({ what: 'descriptors', node: '/bin/sh', nodeArgs })).toEqual({ said: '', kept: 1 });
});

test('because threads are not permitted', async () => {
  const permitted = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*'];
  const { said, kept } = await endWithout({ what: 'nothing', nodeArgs: [...permitted, '--import', './register.js'] });
  expect(said).toMatch(
    /^reqlens: the last telemetry could not be sent, no thread can be had for it: [^\n]*--allow-worker[^\n]*\n$/,
  );
  expect(kept).toBe(1);
});
