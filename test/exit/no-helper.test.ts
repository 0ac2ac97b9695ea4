/** An exit whose helper thread cannot be had: what it would have sent waits on disk, and nobody waits for it. One whose code lies elsewhere sends. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

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
  readonly env?: Readonly<Record<string, string>>;
}

interface Left {
  readonly said: string;
  readonly arrived: number;
  /** Spans on disk. */
  readonly kept: number;
}

/** @returns What became of a span that an exit left. */
async function endWithout({ what, path = '', env: more = {}, ...how }: End): Promise<Left> {
  const receiver = await startScriptedReceiver();
  const spool = newSpool();
  try {
    const env = { ...receiverEnv(receiver.url), REQLENS_SPOOL_DIR: spool, ...more };
    const exit = await runApp(program, { env, args: [what, path], ...how });
    expect(outcome(exit).code).toBe(3);
    return { said: exit.stderr, arrived: receiver.spans().length, kept: spooledCount(spool, 'trace') };
  } finally {
    await receiver.close();
  }
}

/** A copy of the package, where its dependencies are found, as in an application. */
function copied(): string {
  const copy = mkdtempSync(join(dist, '../node_modules/.cache/reqlens-replaced-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(dist, copy, { recursive: true, filter: (from) => from !== join(dist, 'src') });
  return copy;
}

test('because a deployment has replaced the package while the process ran', async () => {
  const copy = copied();
  const nodeArgs = ['--import', join(copy, 'register.cjs')];
  expect(await endWithout({ what: 'its code', path: copy, nodeArgs })).toEqual({ said: '', arrived: 0, kept: 1 });
});

test('code in an archive that only the exiting thread can read is given to the helper', async () => {
  const copy = copied();
  const nodeArgs = ['--require', './test/exit/apps/archive.cjs', '--import', join(copy, 'register.cjs')];
  const env = { ARCHIVED: join(copy, 'exit-thread.js') };
  const end = await endWithout({ what: 'its code', path: copy, nodeArgs, env });
  expect(end).toEqual({ said: '', arrived: 1, kept: 0 });
});

test.skipIf(process.platform === 'win32')('because too few descriptors are left for it', async () => {
  const nodeArgs = ['-c', 'ulimit -n 80; exec "$0" "$@"', node, '--import', './register.js'];
  expect(await endWithout({ what: 'descriptors', node: '/bin/sh', nodeArgs })).toEqual({
    said: '',
    arrived: 0,
    kept: 1,
  });
});

test('because threads are not permitted', async () => {
  const permitted = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*'];
  const { said, kept } = await endWithout({ what: 'nothing', nodeArgs: [...permitted, '--import', './register.js'] });
  expect(said).toMatch(
    // The oldest Node names no option.
    /^reqlens: no thread could be started to send the last telemetry at the exit: Access to this API has been restricted[^\n]*\n$/,
  );
  expect(kept).toBe(1);
});
