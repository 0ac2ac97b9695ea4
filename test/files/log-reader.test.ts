/** Reading a log as one, while it is rolled, compressed, deleted. */
import { spawn } from 'node:child_process';
import { appendFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { followLines, listLogFiles, readLines } from '../../src/files/log-reader.ts';
import { RollingFile } from '../../src/files/rolling-file.ts';
import { settingsOf, temporaryDirectory } from './log-lines.ts';

function logWith(contents: Readonly<Record<string, string | Buffer>>): string {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(directory, name), content);
  return join(directory, 'app.log');
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const read: string[] = [];
  for await (const line of lines) read.push(line);
  return read;
}

interface Following {
  readonly lines: string[];
  /** Resolves when so many lines have come. */
  readonly until: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

function follow(path: string, options: { readonly fromStart?: boolean } = {}): Following {
  const stopper = new AbortController();
  const lines: string[] = [];
  let look: (() => void) | undefined;
  const done = (async (): Promise<void> => {
    for await (const line of followLines(path, { signal: stopper.signal, pollMs: 5, ...options })) {
      lines.push(line);
      look?.();
    }
  })();
  onTestFinished(() => stopper.abort());
  return {
    lines,
    until: async (count) =>
      Promise.race([
        done,
        new Promise<void>((resolve) => {
          look = (): void => {
            if (lines.length >= count) resolve();
          };
          look();
        }),
      ]),
    stop: async () => {
      stopper.abort();
      await done;
    },
  };
}

/** Long lines by length and end, with what is not of the pattern: a difference would fill the screen. */
function short(line: string): string {
  return `${line.length} ${line.slice(-7)} ${line.replaceAll('é€😀', '')}`;
}

test('files are listed oldest first, by number and not by name; what is not ours is left out', async () => {
  const path = logWith({
    'app.10.log': 'd\n',
    'app.9.log.gz': gzipSync('c\n'),
    'app.2.log': 'b\n',
    'app.2.log.gz': gzipSync('b\n'),
    'app.1.log.gz': gzipSync('a\n'),
    'app.log': 'e\n',
    'app.20261123.log': '-\n',
    'app.3.log.gz.part': '-',
    'app.log.1': '-\n',
  });
  mkdirSync(join(path, '../app.4.log'));
  expect((await listLogFiles(path)).map((file) => file.slice(path.length - 'app.log'.length))).toEqual([
    'app.1.log.gz',
    'app.2.log',
    'app.9.log.gz',
    'app.10.log',
    'app.log',
  ]);
  expect(await all(readLines(path))).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('nothing written yet: no files, no lines; without a current file the backups', async () => {
  const path = logWith({});
  expect(await listLogFiles(join(path, 'no/such/directory.log'))).toEqual([]);
  expect(await all(readLines(path))).toEqual([]);
  writeFileSync(join(path, '../app.1.log'), 'a\n');
  expect(await all(readLines(path))).toEqual(['a']);
});

test('a log behind a symbolic link is read where it is', async () => {
  const real = logWith({ 'app.1.log': 'a\n', 'app.log': 'b\n' });
  const link = join(temporaryDirectory(), 'other.log');
  symlinkSync(real, link);
  expect(await all(readLines(link))).toEqual(['a', 'b']);
});

test('lines are whole whatever their length and characters; pieces are given as they are, empty lines not', async () => {
  const long = 'é€😀'.repeat(40_000);
  const path = logWith({ 'app.1.log': `${long}\nhal`, 'app.log': `\n\n${long}x\r\nlast` });
  expect((await all(readLines(path))).map(short)).toEqual([long, 'hal', `${long}x\r`, 'last'].map(short));
});

test('a damaged compressed backup is an error that names it, after the lines before the damage', async () => {
  const path = logWith({ 'app.1.log.gz': gzipSync('a\n'.repeat(1000)).subarray(0, 20) });
  await expect(all(readLines(path))).rejects.toThrow(
    /^cannot read .*app\.1\.log\.gz: it must be whole and compressed by gzip$/,
  );
});

test('a backup of several gzip members is read to its end', async () => {
  const path = logWith({ 'app.1.log.gz': Buffer.concat([gzipSync('a\nb'), gzipSync('b\nc\n')]) });
  expect(await all(readLines(path))).toEqual(['a', 'bb', 'c']);
});

test('following gives what comes after its start, or all; a line when it is complete', async () => {
  const path = logWith({ 'app.1.log': '1\n', 'app.log': '2\n' });
  const [fresh, whole] = [follow(path), follow(path, { fromStart: true })];
  await whole.until(2);
  appendFileSync(path, 'ha');
  appendFileSync(path, 'lf\n4\n');
  await Promise.all([fresh.until(2), whole.until(4)]);
  await Promise.all([fresh.stop(), whole.stop()]);
  expect([fresh.lines, whole.lines]).toEqual([
    ['half', '4'],
    ['1', '2', 'half', '4'],
  ]);
});

test('following starts before the file, and goes on when it is deleted, emptied, renamed, compressed', async () => {
  const directory = join(temporaryDirectory(), 'later');
  const path = join(directory, 'app.log');
  // From the start: whether it has looked before the first line comes is chance.
  const { lines, until, stop } = follow(path, { fromStart: true });
  mkdirSync(directory);
  writeFileSync(path, '1\n');
  await until(1);
  rmSync(path);
  writeFileSync(path, '2, and longer than what comes next\n');
  await until(2);
  writeFileSync(path, '');
  appendFileSync(path, '3\n');
  await until(3);
  renameSync(path, join(directory, 'app.1.log'));
  // By a writer that was held up.
  appendFileSync(join(directory, 'app.1.log'), '4\n');
  writeFileSync(path, '5\n');
  await until(5);
  appendFileSync(join(directory, 'app.1.log'), '6\n');
  await until(6);
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  writeFileSync(path, '7\n');
  await until(7);
  await stop();
  expect(lines).toEqual(['1', '2, and longer than what comes next', '3', '4', '5', '6', '7']);
});

test('a reader that is slow misses and doubles nothing, though its file was compressed and others came since', async () => {
  const path = logWith({ 'app.log': '1\n' });
  const stopper = new AbortController();
  onTestFinished(() => stopper.abort());
  const lines = followLines(path, { signal: stopper.signal, pollMs: 1, fromStart: true })[Symbol.asyncIterator]();
  onTestFinished(async () => void (await lines.return?.()));
  expect(await lines.next()).toEqual({ value: '1', done: false });
  appendFileSync(path, '2\n');
  rmSync(path);
  writeFileSync(join(path, '../app.1.log.gz'), gzipSync('1\n2\n'));
  writeFileSync(join(path, '../app.2.log.gz'), gzipSync('3\n'));
  writeFileSync(join(path, '../app.3.log'), '4\n');
  writeFileSync(path, '5\n');
  const rest = [await lines.next(), await lines.next(), await lines.next(), await lines.next()];
  expect(rest.map(({ value }) => value)).toEqual(['2', '3', '4', '5']);
});

test('a log that two processes write and roll is followed without a line missed or doubled', async () => {
  const path = logWith({});
  const { lines, until, stop } = follow(path, { fromStart: true });
  const program = fileURLToPath(new URL('apps/writer.mjs', import.meta.url));
  for (const id of [0, 1]) {
    const task = { settings: settingsOf(path, { maxBytes: 100_000 }), id, lines: 20_000, perTurn: 20, pad: 40 };
    const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['pipe', 'ignore', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdin.end('go');
  }
  await until(40_000);
  await stop();
  const ids = lines
    .map((line) => /^\{"id":(\d),"n":(\d+),.*"end":1\}$/.exec(line))
    .map((found) => `${found?.[1]}:${found?.[2]}`);
  expect(new Set(ids).size).toBe(40_000);
  expect(ids).toHaveLength(40_000);
  expect((await listLogFiles(path)).length).toBeGreaterThan(30);
});

test('reading while the log is rolled gives each line that was there once', async () => {
  const path = logWith({});
  const file = new RollingFile(settingsOf(path, { maxBytes: 2000 }), () => undefined);
  for (let n = 0; n < 500; n++) file.append(Buffer.from(`${n}\n`));
  linkSync(path, join(path, '../app.log-linked'));
  let next = 500;
  const read: number[] = [];
  for await (const line of readLines(path)) {
    read.push(Number(line));
    if (next < 1000) file.append(Buffer.from(`${next++}\n`));
  }
  file.close();
  expect(read.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, n) => n));
  expect(read).toEqual(read.map((_, n) => n));
});
