/** Log files on a file system whose clock is not ours, and with a clock that is set to and fro. */
import { lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, onTestFinished, test } from 'vitest';

import type { LogFileSettings } from '../../src/config/config.ts';
import { RollingFile } from '../../src/files/rolling-file.ts';
import { settingsOf, temporaryDirectory } from './log-lines.ts';

const realNow = Date.now;
const none = { count: undefined, ageMs: undefined, bytes: undefined };

afterEach(() => {
  Date.now = realNow;
});

/** From here on our clock starts at that time; the kernel goes on stamping files by its own. */
function setClock(time: string): void {
  const differenceMs = Date.parse(time) - realNow();
  Date.now = () => realNow() + differenceMs;
}

interface Opened {
  readonly path: string;
  readonly append: (text: string) => void;
  readonly contents: () => Record<string, string>;
}

function opened(given: Partial<LogFileSettings>, directory: string = temporaryDirectory()): Opened {
  const path = join(directory, 'app.log');
  const file = new RollingFile(settingsOf(path, given), (_cause, message) => expect.fail(message));
  onTestFinished(() => file.close());
  return {
    path,
    append: (text) => expect(file.append(Buffer.from(text))).toEqual({ status: 'written' }),
    contents: () =>
      Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')])),
  };
}

/** Years and hours before and after the kernel's. */
const clocks = ['2031-05-05T12:30:00Z', '2019-05-05T12:30:00Z'];

test.each(clocks)('by a clock that says %s a file is rolled once for each new hour, and never in between', (time) => {
  setClock(time);
  const { append, contents } = opened({ rollEvery: 'hour' });
  for (let n = 0; n < 50; n++) append('a\n');
  expect(Object.keys(contents())).toEqual(['app.log']);
  setClock(time.replace('12:30', '13:00'));
  for (let n = 0; n < 50; n++) append('b\n');
  expect(contents()).toEqual({ 'app.1.log': 'a\n'.repeat(50), 'app.log': 'b\n'.repeat(50) });
});

test.each(clocks)('a process that starts by a clock that says %s leaves the file of this hour as it is', (time) => {
  const directory = temporaryDirectory();
  setClock(time);
  opened({ rollEvery: 'hour' }, directory).append('earlier run\n');
  const { append, contents } = opened({ rollEvery: 'hour' }, directory);
  append('later run\n');
  append('later run\n');
  expect(contents()).toEqual({ 'app.log': 'earlier run\nlater run\nlater run\n' });
});

test('a clock that is set to and fro over the hour rolls once', () => {
  const { append, contents } = opened({ rollEvery: 'hour' });
  for (let n = 0; n < 20; n++) {
    setClock('2026-11-27T13:59:59Z');
    append('before\n');
    setClock('2026-11-27T14:00:01Z');
    append('after\n');
  }
  expect(Object.keys(contents())).toEqual(['app.1.log', 'app.log']);
  expect(contents()['app.1.log']).toBe('before\n');
});

test.each(clocks)('no backup is taken for old by a clock that says %s', (time) => {
  setClock(time);
  const { append, contents } = opened({ maxBytes: 2, keep: { ...none, ageMs: 3_600_000 } });
  append('1\n2\n3\n');
  expect(contents()).toEqual({ 'app.1.log': '1\n', 'app.2.log': '2\n', 'app.log': '3\n' });
});

test.each(clocks)('the claim of a process that is rolling is not taken for old by a clock that says %s', (time) => {
  const { path, append } = opened({ maxBytes: 2 });
  append('1\n');
  const claim = `${path}.rotating.${statSync(path).ino}`;
  symlinkSync(`${hostname()} ${process.pid}`, claim);
  setClock(time);
  append('2\n');
  expect(lstatSync(claim).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n');
  expect(readdirSync(join(path, '..')).toSorted()).toEqual(['app.log', claim.slice(claim.lastIndexOf('/') + 1)]);
  rmSync(claim);
});
