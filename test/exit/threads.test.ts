/** Worker threads, cluster workers and child processes: each sends what it has, and none disturbs the process it belongs to. */
import { afterEach, describe, expect, test } from 'vitest';

import { receiverEnv } from './ending.ts';
import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';
import { deadPort, startScriptedReceiver } from '../support/scripted-receiver.ts';
import type { ScriptedReceiver } from '../support/scripted-receiver.ts';

const open: ScriptedReceiver[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

interface Run {
  readonly exit: AppExit;
  readonly receiver: ScriptedReceiver;
  readonly bodies: readonly string[];
}

async function run(...args: string[]): Promise<Run> {
  const receiver = await startScriptedReceiver();
  open.push(receiver);
  const exit = await runApp('test/exit/apps/threads.mjs', { args, env: receiverEnv(receiver.url) });
  const bodies = receiver
    .logs()
    .map(({ body }) => String(body))
    .toSorted((one, other) => one.localeCompare(other));
  return { exit, receiver, bodies };
}

/** Without the JSON lines of the logger. */
function printed({ stdout }: AppExit): string[] {
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

describe('worker threads', () => {
  const fromThreads = ['from thread 0', 'from thread 1', 'from thread 2', 'from thread 3'];

  for (const { how, code } of [
    { how: 'end', code: 0 },
    { how: 'exit', code: 6 },
  ]) {
    test(`that end by ${how}: their last lines arrive, the parent goes on`, async () => {
      const { exit, bodies } = await run('workers', how);
      expect(exit).toMatchObject({ code: 0, stderr: '' });
      expect(printed(exit)).toEqual([0, 1, 2, 3].map((index) => `worker ${index} ended with ${code}`));
      expect(bodies).toEqual([...fromThreads, 'parent goes on']);
    });
  }

  test('that throw: the error is logged and reaches the parent as ever', async () => {
    const { exit, bodies } = await run('workers', 'throw');
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(printed(exit)).toEqual(
      [0, 1, 2, 3].flatMap((index) => ['error thrown in a thread', `worker ${index} ended with 1`]),
    );
    expect(bodies).toEqual([
      ...fromThreads,
      'parent goes on',
      ...Array.from({ length: 4 }, () => 'thrown in a thread'),
    ]);
  });

  test('what is wrong with the environment is said once, not once for each thread', async () => {
    const env = { ...receiverEnv(`http://127.0.0.1:${await deadPort()}`), REQLENS_TRUST_REQUEST_ID: 'nonsense!' };
    const exit = await runApp('test/exit/apps/threads.mjs', { args: ['workers', 'end'], env });
    expect(exit.code).toBe(0);
    const lines = exit.stderr.trimEnd().split('\n');
    const complaint = expect.stringContaining('REQLENS_TRUST_REQUEST_ID');
    expect(lines.filter((line) => !line.includes('collector'))).toEqual([complaint]);
  });
});

describe('processes of their own', () => {
  test('a forked child sends its telemetry and keeps its exit code', async () => {
    const { exit, bodies } = await run('fork', 'exit');
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(printed(exit)).toEqual(['child ended with 6']);
    expect(bodies).toEqual(['from a child', 'parent goes on']);
  });

  test('cluster workers that are ended by a signal send their telemetry', async () => {
    const { exit, bodies, receiver } = await run('cluster');
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(printed(exit)).toEqual(Array.from({ length: 2 }, () => 'cluster worker ended with null SIGTERM'));
    expect(bodies).toEqual(['from a cluster worker', 'from a cluster worker', 'parent goes on']);
    const server = receiver.spans().filter(({ kind }) => kind === 2);
    expect(server.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200, 200]);
  });
});
