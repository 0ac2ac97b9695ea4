/** Full disks, missing rights, missing descriptors, administrators at work: every line is in a file or was given back, exactly once. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test } from 'vitest';

import { RollingFile } from '../../src/files/rolling-file.ts';
import { settingsOf, tally, temporaryDirectory } from './log-lines.ts';

const program = fileURLToPath(new URL('apps/steady.mjs', import.meta.url));

interface Steady {
  readonly path: string;
  readonly lines: number;
  readonly maxBytes?: number;
  readonly runsOutOf?: 'descriptors';
  readonly asNobody?: boolean;
}

interface SteadyEnd {
  readonly unwritten: readonly number[];
  readonly errors: readonly string[];
  readonly troubles: readonly string[];
}

/** @param acts - What to do when so many lines have been appended. */
async function runSteady(steady: Steady, acts: Readonly<Record<number, () => void>> = {}): Promise<SteadyEnd> {
  const { path, lines, maxBytes = 0, runsOutOf, asNobody } = steady;
  const task = { settings: settingsOf(path, { maxBytes }), lines, everyMs: 10, runsOutOf, asNobody };
  // Few descriptors, so that they are soon used up.
  const shell = ['-c', 'ulimit -n 64; exec "$0" "$1" "$2"', process.execPath, program, JSON.stringify(task)];
  const child = spawn('sh', shell, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  const todo = Object.entries(acts).map(([after, act]) => ({ after: Number(after), act }));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const done = stdout.split('\n').length - 1;
    while (todo[0] !== undefined && todo[0].after <= done) todo.shift()?.act();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, todo }).toEqual({ code: 0, todo: [] });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** Every line once: in one of the directories, or among those given back. */
function expectEachOnce(directories: readonly string[], lines: number, { unwritten }: SteadyEnd): void {
  const tallies = directories.map((directory) => tally(directory));
  const times = Array.from({ length: lines }, (_, n) => {
    const inFiles = tallies.reduce((sum, { counts }) => sum + (counts.get(`0:${n}`) ?? 0), 0);
    return inFiles + unwritten.filter((other) => other === n).length;
  });
  expect(times.flatMap((count, n) => (count === 1 ? [] : [{ n, count }]))).toEqual([]);
  expect(tallies.flatMap(({ torn }) => torn)).toEqual([]);
}

describe.concurrent('a program that logs on', () => {
  test('while its file is renamed, deleted, its directory removed', async () => {
    const [directory, kept] = [join(temporaryDirectory(), 'logs'), temporaryDirectory()];
    const path = join(directory, 'app.log');
    const end = await runSteady(
      { path, lines: 120, maxBytes: 500 },
      {
        20: () => renameSync(path, join(directory, 'app.log-20261123')),
        40: () => {
          // Under another name its lines can still be counted.
          linkSync(path, join(kept, 'deleted'));
          rmSync(path);
        },
        60: () => renameSync(directory, join(kept, '../logs-elsewhere')),
        80: () => {
          for (const name of readdirSync(directory)) linkSync(join(directory, name), join(kept, name));
          rmSync(directory, { recursive: true });
        },
      },
    );
    const elsewhere = join(kept, '../logs-elsewhere');
    onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
    expect(end).toEqual({ unwritten: [], errors: [], troubles: [] });
    expectEachOnce([directory, kept, elsewhere], 120, end);
  });

  test('without a right to its directory, and then with it again', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o555);
    const end = await runSteady(
      { path: join(directory, 'app.log'), lines: 150, asNobody: true },
      { 20: () => chmodSync(directory, 0o777) },
    );
    expect(end.errors).toEqual(['EACCES']);
    expect(end.unwritten.length).toBeGreaterThanOrEqual(20);
    expect(end.unwritten.length).toBeLessThan(150);
    expectEachOnce([directory], 150, end);
  });

  test('without a file descriptor left, and then with some again', async () => {
    const directory = temporaryDirectory();
    const end = await runSteady({ path: join(directory, 'app.log'), lines: 200, runsOutOf: 'descriptors' });
    expect(end.errors).toEqual(['EMFILE']);
    expect(end.unwritten[0]).toBe(50);
    expect(end.unwritten.at(-1)).toBeLessThan(199);
    expectEachOnce([directory], 200, end);
  });
});

/** An own small file system; undefined where this user may not mount one. */
function smallDisk(bytes: number): string | undefined {
  const directory = temporaryDirectory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  // Before the directory is removed: the last one registered runs first.
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  return directory;
}

const cannotMount = 'needs the right to mount a tmpfs';

describe('a small disk', () => {
  for (const maxBytes of [0, 100_000]) {
    test(`that gets full, then has room again, with ${maxBytes === 0 ? 'no limit' : `a limit of ${maxBytes}`}`, (context) => {
      const directory = smallDisk(100_000);
      if (directory === undefined) return context.skip(cannotMount);
      const settings = settingsOf(join(directory, 'app.log'), { maxBytes });
      const unwritten: number[] = [];
      let n = 0;
      /** Whether the disk was full. */
      const appendThree = (file: RollingFile): boolean => {
        const lines = [n++, n++, n++].map(
          (each) => `{"id":0,"n":${each},"pad":"${'x'.repeat((each * 37) % 400)}","end":1}\n`,
        );
        const appended = file.append(Buffer.from(lines.join('')));
        if (appended.status === 'written') return false;
        expect(appended.error.cause).toMatchObject({ code: 'ENOSPC' });
        const given = appended.unwritten.toString().trimEnd().split('\n');
        unwritten.push(...given.map((line) => JSON.parse(line).n));
        return true;
      };
      // Two writers, and new ones in each round: they need not wait a second for the next try.
      for (let round = 1; round <= 40; round++) {
        execFileSync('mount', ['-o', `remount,size=${100_000 + round * 12_288}`, directory]);
        const writers = [0, 1].map(() => new RollingFile(settings, () => undefined));
        while (!writers.some(appendThree));
        for (const writer of writers) writer.close();
      }
      const last = new RollingFile(settings, () => undefined);
      execFileSync('mount', ['-o', 'remount,size=4000000', directory]);
      appendThree(last);
      last.close();
      const { counts, torn, emptyLines } = tally(directory);
      const times = Array.from(
        { length: n },
        (_, each) => (counts.get(`0:${each}`) ?? 0) + Number(unwritten.includes(each)),
      );
      expect(times.flatMap((count, each) => (count === 1 ? [] : [{ each, count }]))).toEqual([]);
      expect(unwritten.length).toBeGreaterThan(40);
      expect(emptyLines).toBe(0);
      // Pieces of lines that were given back; a piece of a line is no line.
      expect(torn.every((piece) => piece.startsWith('{') && !piece.endsWith('}'))).toBe(true);
      return undefined;
    });
  }

  test('that is remounted read-only, and back', (context) => {
    const directory = smallDisk(100_000);
    if (directory === undefined) return context.skip(cannotMount);
    const path = join(directory, 'logs/app.log');
    const append = (text: string): unknown => {
      const file = new RollingFile(settingsOf(path), () => undefined);
      const appended = file.append(Buffer.from(text));
      file.close();
      return appended.status === 'written' ? 'written' : [appended.unwritten.toString(), appended.error.message];
    };
    expect(append('1\n')).toBe('written');
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    expect(append('2\n')).toEqual(['2\n', expect.stringMatching(/^cannot append to .*app\.log: EROFS: /)]);
    execFileSync('mount', ['-o', 'remount,rw', directory]);
    expect(append('3\n')).toBe('written');
    expect(existsSync(path)).toBe(true);
    return undefined;
  });
});

test('after a failure the disk is left alone for a second, and the error is the same; then lines are written again', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'app.log'));
  const file = new RollingFile(settingsOf(join(directory, 'app.log')), () => undefined);
  const first = file.append(Buffer.from('1\n'));
  rmSync(join(directory, 'app.log'), { recursive: true });
  const second = file.append(Buffer.from('2\n'));
  expect([first, second].map(({ status }) => status)).toEqual(['failed', 'failed']);
  expect(second).toMatchObject({ unwritten: Buffer.from('2\n'), error: (first as { error: Error }).error });
  const start = performance.now();
  while (file.append(Buffer.from('3\n')).status === 'failed')
    expect(existsSync(join(directory, 'app.log'))).toBe(false);
  expect(performance.now() - start).toBeLessThan(30_000);
  file.close();
});
