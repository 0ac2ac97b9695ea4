/** Links on the way to a log file: followed when nobody else can have put them there. Links of others can only be made as root. */
import { chmodSync, lchownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { RollingFile } from '../../src/files/rolling-file.ts';
import type { Appended } from '../../src/files/rolling-file.ts';
import { settingsOf, temporaryDirectory } from './log-lines.ts';

const isRoot = process.geteuid?.() === 0;
/** `nobody`, or whoever has that number. */
const otherUser = 65_534;

interface Place {
  /** The directory that the log file is in, by its configured path. */
  readonly directory: string;
  /** What a planted link points to. */
  readonly victim: string;
  /** Appends a line to `<path>`. */
  readonly append: (path: string) => Appended;
}

function place(): Place {
  const base = temporaryDirectory();
  const directory = join(base, 'logs');
  mkdirSync(directory);
  const victim = join(base, 'victim');
  writeFileSync(victim, 'precious\n');
  return {
    directory,
    victim,
    append: (path) => {
      const file = new RollingFile(settingsOf(path, { maxBytes: 8 }), (_cause, message) => expect.fail(message));
      onTestFinished(() => file.close());
      return file.append(Buffer.from('line\n'));
    },
  };
}

function refusal(appended: Appended): string {
  if (appended.status !== 'failed') throw new Error('it was written');
  expect(String(appended.unwritten)).toBe('line\n');
  return appended.error.message;
}

function plantedLink(target: string, path: string): void {
  symlinkSync(target, path);
  lchownSync(path, otherUser, otherUser);
}

test('our own link is followed: to a file, to a directory, and to one in between', () => {
  const { directory, victim, append } = place();
  symlinkSync(victim, join(directory, 'app.log'));
  mkdirSync(join(directory, 'real'));
  symlinkSync('real', join(directory, 'linked'));
  expect(append(join(directory, 'app.log')).status).toBe('written');
  expect(append(join(directory, 'linked/deeper/app.log')).status).toBe('written');
  // The file was full with what it had, and is rolled where it is.
  expect(readFileSync(victim, 'utf8')).toBe('line\n');
  expect(readFileSync(join(directory, 'real/deeper/app.log'), 'utf8')).toBe('line\n');
});

test.skipIf(!isRoot)('a link of another user in the place of the file is not followed, and named', () => {
  const { directory, victim, append } = place();
  chmodSync(directory, 0o1777);
  const path = join(directory, 'app.log');
  plantedLink(victim, path);
  expect(refusal(append(path))).toBe(
    `cannot append to ${path}: the symbolic link ${path} belongs to another user (${otherUser}), it must be our own (0) or root's`,
  );
  expect(readFileSync(victim, 'utf8')).toBe('precious\n');
});

test.skipIf(!isRoot)('nor one to a file that does not exist, nor one that our own link points to', () => {
  const { directory, victim, append } = place();
  plantedLink(`${victim}-new`, join(directory, 'dangling.log'));
  expect(refusal(append(join(directory, 'dangling.log')))).toContain('belongs to another user');
  plantedLink(victim, join(directory, 'second'));
  symlinkSync('second', join(directory, 'first.log'));
  expect(refusal(append(join(directory, 'first.log')))).toContain(
    `${join(directory, 'second')} belongs to another user`,
  );
  expect(readdirSync(join(directory, '..')).toSorted()).toEqual(['logs', 'victim']);
});

test.skipIf(!isRoot)('a link of another user in the place of the directory, or above it, is not followed', () => {
  const { directory, append } = place();
  mkdirSync(join(directory, 'elsewhere'));
  plantedLink(join(directory, 'elsewhere'), join(directory, 'planted'));
  expect(refusal(append(join(directory, 'planted/app.log')))).toContain('belongs to another user');
  expect(refusal(append(join(directory, 'planted/deeper/app.log')))).toContain('belongs to another user');
  expect(readdirSync(join(directory, 'elsewhere'))).toEqual([]);
});

test('any link in a directory that every user may change is refused, unless names in it belong to their owners', () => {
  const { directory, victim, append } = place();
  const path = join(directory, 'app.log');
  symlinkSync(victim, path);
  chmodSync(directory, 0o777);
  expect(refusal(append(path))).toContain('is in a directory that every user may change');
  chmodSync(directory, 0o1777);
  expect(append(path).status).toBe('written');
});

test('links that lead in a circle are an error that says so', () => {
  const { directory, append } = place();
  symlinkSync('two', join(directory, 'one'));
  symlinkSync('one', join(directory, 'two'));
  expect(refusal(append(join(directory, 'one')))).toMatch(/ELOOP|more than 40 symbolic links/);
});
