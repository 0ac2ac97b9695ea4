/** Many processes, one file: rolled hundreds of times, writers killed at random. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, expect, test } from 'vitest';

import { notOnce, settingsOf, tally, temporaryDirectory } from './log-lines.ts';
import { randomOf } from '../support/random.ts';

const program = fileURLToPath(new URL('apps/writer.mjs', import.meta.url));
const alive = new Set<ChildProcess>();
const none = { count: undefined, ageMs: undefined, bytes: undefined };

afterAll(() => {
  for (const child of alive) child.kill('SIGKILL');
});

interface Writer {
  readonly id: number;
  readonly lines: number;
  readonly perTurn: number;
  readonly pad: number;
  readonly acknowledges?: boolean;
}

interface RunningWriter {
  readonly child: ChildProcess;
  /** Resolves when it has written its first line, and waits. */
  readonly ready: Promise<void>;
  readonly stdout: () => string;
  /** Resolves with the exit code; undefined when a signal ended it. */
  readonly ended: Promise<number | undefined>;
}

function startWriter(writer: Writer, settings: ReturnType<typeof settingsOf>): RunningWriter {
  const child = spawn(process.execPath, [program, JSON.stringify({ settings, ...writer })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  alive.add(child);
  let stdout = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      resolve();
    });
  });
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('close', (code) => {
      alive.delete(child);
      resolve(code ?? undefined);
    });
  });
  return { child, ready, stdout: () => stdout, ended };
}

/** All at once, when each has written a line. */
async function runWriters(writers: readonly Writer[], settings: ReturnType<typeof settingsOf>): Promise<string[]> {
  const running = writers.map((writer) => startWriter(writer, settings));
  await Promise.all(running.map(({ ready }) => ready));
  for (const { child } of running) child.stdin?.end('go');
  expect(await Promise.all(running.map(({ ended }) => ended))).toEqual(writers.map(() => 0));
  return running.map(({ stdout }) => stdout());
}

const fourWriters = (lines: number, pad: number): Writer[] =>
  [0, 1, 2, 3].map((id) => ({ id, lines, perTurn: 30, pad }));

test('600,000 lines of 4 processes, rolled hundreds of times: none lost, doubled or torn, no file beyond 2 MB', async () => {
  const directory = temporaryDirectory();
  const maxBytes = 2_000_000;
  const said = await runWriters(fourWriters(150_000, 600), settingsOf(join(directory, 'app.log'), { maxBytes }));
  expect(said).toEqual(Array.from({ length: 4 }, () => 'ready\n{"troubles":[]}'));
  const found = tally(directory);
  expect({ torn: found.torn, emptyLines: found.emptyLines }).toEqual({ torn: [], emptyLines: 0 });
  expect([0, 1, 2, 3].map((id) => notOnce(found, id, 150_000))).toEqual([[], [], [], []]);
  expect(found.counts.size).toBe(600_000);
  const { 'app.log': current, ...backups } = found.files;
  expect(current).toBeLessThanOrEqual(maxBytes);
  const numbers = Object.keys(backups).length;
  expect(numbers).toBeGreaterThan(200);
  // In ascending order without a gap, and nothing else in the directory.
  expect(Object.keys(backups).toSorted()).toEqual(
    Array.from({ length: numbers }, (_, index) => `app.${index + 1}.log`).toSorted(),
  );
  expect(Math.max(...Object.values(backups))).toBeLessThanOrEqual(maxBytes);
}, 60_000);

test('with a count of backups to keep, exactly the newest are there in the end, and hold whole lines', async () => {
  const directory = temporaryDirectory();
  const settings = settingsOf(join(directory, 'app.log'), { maxBytes: 200_000, keep: { ...none, count: 5 } });
  const said = await runWriters(fourWriters(20_000, 200), settings);
  expect(said).toEqual(Array.from({ length: 4 }, () => 'ready\n{"troubles":[]}'));
  const found = tally(directory);
  const numbers = Object.keys(found.files).flatMap((name) => /^app\.(\d+)\.log$/.exec(name)?.[1] ?? []);
  const last = Math.max(...numbers.map(Number));
  expect(last).toBeGreaterThan(80);
  expect(Object.keys(found.files).toSorted()).toEqual(
    ['app.log', ...[0, 1, 2, 3, 4].map((back) => `app.${last - back}.log`)].toSorted(),
  );
  expect({ torn: found.torn, emptyLines: found.emptyLines }).toEqual({ torn: [], emptyLines: 0 });
  expect([...found.counts.values()].every((count) => count === 1)).toBe(true);
}, 30_000);

test('no acknowledged line is lost or doubled when writers are killed at random', async () => {
  const directory = temporaryDirectory();
  const settings = settingsOf(join(directory, 'app.log'), { maxBytes: 1_000_000 });
  const random = randomOf(7);
  const acknowledged = new Map<number, number>();
  let nextId = 0;
  const slot = async (): Promise<void> => {
    while (nextId < 60) {
      const id = nextId++;
      const writer = startWriter({ id, lines: 1e9, perTurn: 200, pad: 150, acknowledges: true }, settings);
      await writer.ready;
      writer.child.stdin?.end('go');
      // A time, and not a condition: the point is that nobody chose the moment.
      setTimeout(() => writer.child.kill('SIGKILL'), random.integer(30));
      expect(await writer.ended).toBeUndefined();
      acknowledged.set(id, Number(writer.stdout().split('\n').at(-2)));
    }
  };
  await Promise.all([slot(), slot(), slot(), slot()]);
  const found = tally(directory);
  const wrong = [...acknowledged].filter(([id, lines]) => notOnce(found, id, lines).length > 0);
  expect(wrong).toEqual([]);
  expect([...found.counts.values()].filter((count) => count > 1)).toEqual([]);
  // A killed writer may leave a piece of its last line; at most one each.
  expect(found.torn.length).toBeLessThanOrEqual(60);
  expect(Math.max(...Object.values(found.files))).toBeLessThanOrEqual(1_000_000);
}, 60_000);
