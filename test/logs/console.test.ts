/** The console of a process whose reader stands still, is slow, or has gone: nothing blocks, memory is bounded, loss is said. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reqlens-console-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Flood {
  readonly count: number;
  readonly length: number;
  readonly stdout: number | 'pipe';
  /** Milliseconds for the reader at the end. */
  readonly patience?: number;
}

function flood({ count, length, ...how }: Flood) {
  return run(['test/logs/apps/flood.mjs', String(count), String(length)], how);
}

function run(program: readonly string[], { stdout, patience = 300 }: Pick<Flood, 'stdout' | 'patience'>) {
  const node = process.env['REQLENS_TEST_NODE'] ?? process.execPath;
  const child = spawn(node, ['--import', './register.js', ...program], {
    cwd: checkout,
    stdio: ['ignore', stdout, 'pipe'],
    env: {
      PATH: process.env['PATH'],
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_LOG_DIR: folder,
      REQLENS_SHUTDOWN_TIMEOUT: String(patience),
    },
  });
  const stderr = text(child.stderr as Readable);
  const exit = new Promise<number | null>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('the process stood still'));
    }, 15_000);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
  return { child, stderr, exit };
}

function pipe(): { readonly reader: number; readonly writer: number } {
  const path = join(folder, `pipe-${Math.random()}`);
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

const lossLine =
  'reqlens: stdout is not read, and 4194304 bytes of log lines wait for it: more are not written there\n';

test('a pipe that nobody reads does not hold the process up, and what is not written is said', async () => {
  const { reader, writer } = pipe();
  const { stderr, exit } = flood({ count: 20_000, length: 1000, stdout: writer });
  closeSync(writer);
  expect(await exit).toBe(0);
  const said = await stderr;
  expect(said).toContain(lossLine);
  expect(Number(/^grown (\d+)$/m.exec(said)?.[1])).toBeLessThan(100);
  const buffer = Buffer.alloc(1_048_576);
  const lines = buffer.toString('utf8', 0, readSync(reader, buffer)).split('\n');
  closeSync(reader);
  // The last one is cut off where the pipe was full.
  const numbers = lines.slice(0, -1).map((line) => Number(/"n":(\d+)/.exec(line)?.[1]));
  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers).toEqual(numbers.map((_, index) => index));
});

test('a socket that nobody reads does not either', async () => {
  const { child, stderr, exit } = flood({ count: 20_000, length: 1000, stdout: 'pipe' });
  // `close` waits for the stream, which must not be read before the process has ended.
  child.once('exit', () => child.stdout?.resume());
  expect(await exit).toBe(0);
  expect(await stderr).toContain(lossLine);
});

for (const { count, length } of [
  { count: 2000, length: 1000 },
  { count: 250, length: 15_000 },
]) {
  test(`a slow reader gets every line of ${length} characters, whole and in order`, async () => {
    const { child, stderr, exit } = flood({ count, length, stdout: 'pipe', patience: 10_000 });
    await later(400);
    const lines = (await text(child.stdout as Readable)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(await exit).toBe(0);
    expect(await stderr).toMatch(/^grown \d+\nnaps \d+\n$/);
  });
}

test('the rest of a long line is not waited for longer than 5 ms, however many lines there are', async () => {
  const { reader, writer } = pipe();
  const { stderr, exit } = flood({ count: 200, length: 15_000, stdout: writer });
  closeSync(writer);
  expect(await exit).toBe(0);
  // Each is 1 ms or longer.
  expect(Number(/^naps (\d+)$/m.exec(await stderr)?.[1])).toBeLessThanOrEqual(5);
  closeSync(reader);
});

interface LastMoment {
  readonly way: 'read' | 'unread';
  readonly count: number;
}

/** Runs late-reader.mjs without any time for the exit. @returns What is in the pipe, and what was said. */
async function atTheLastMoment({
  way,
  count,
}: LastMoment): Promise<{ readonly stdout: string; readonly said: string[] }> {
  const { reader, writer } = pipe();
  const { stderr, exit } = run(['test/logs/apps/late-reader.mjs', way, String(count)], { stdout: writer, patience: 0 });
  closeSync(writer);
  expect(await exit).toBe(3);
  const buffer = Buffer.alloc(1_048_576);
  const stdout = buffer.toString('utf8', 0, readSync(reader, buffer));
  closeSync(reader);
  return { stdout, said: (await stderr).split('\n').filter((line) => line.startsWith('reqlens:')) };
}

test.skipIf(!existsSync('/proc/self/fd'))(
  'what waits when the process ends is written if there is room by then, without any time',
  async () => {
    const { stdout, said } = await atTheLastMoment({ way: 'read', count: 30 });
    const numbers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).n);
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(said).toEqual([]);
  },
);

test.skipIf(!existsSync('/proc/self/fd'))(
  'what finds no room until the end is said by its number, and nothing else is said of it',
  async () => {
    const { stdout, said } = await atTheLastMoment({ way: 'unread', count: 10 });
    expect(stdout.replaceAll('x', '')).toBe('');
    expect(said).toEqual(['reqlens: 10 log lines were not written to stdout, which did not take them in time']);
  },
);

test('lines for a disk that is full are lost and said, and the process goes on', async () => {
  const full = openSync('/dev/full', 'w');
  const { stderr, exit } = flood({ count: 5, length: 100, stdout: full });
  closeSync(full);
  expect(await exit).toBe(0);
  const said = (await stderr).split('\n').filter((line) => line.startsWith('reqlens:'));
  expect(said).toEqual([
    'reqlens: stdout has no room (ENOSPC: no space left on device, write); log lines are not written there until it has',
    'reqlens: 5 log lines were not written to stdout, which did not take them in time',
  ]);
});

test('a reader that has gone is said once, and the process ends as it would have', async () => {
  const { child, stderr, exit } = flood({ count: 2000, length: 1000, stdout: 'pipe' });
  child.stdout?.destroy();
  expect(await exit).toBe(0);
  expect((await stderr).replace(/grown \d+\nnaps \d+\n/, '')).toMatch(
    /^reqlens: stdout cannot be written any more \(E(?:PIPE|CONNRESET): .*\); log lines do not go there\n$/,
  );
});
