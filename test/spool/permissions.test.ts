/** Nobody else can read what waits, or make us write or send something of theirs. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { allOf, batchOf, ownSpool } from './own-spool.ts';

test("directory and files are their owner's alone, whatever the umask is", async () => {
  const before = process.umask(0);
  const { spool, directory, names } = ownSpool();
  await spool.keep(batchOf('a'));
  spool.keepNow(batchOf('b'));
  process.umask(before);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(names().map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([0o600, 0o600]);
});

test('a directory that others may read is closed to them', async () => {
  const { spool, directory } = ownSpool();
  mkdirSync(directory, { mode: 0o755 });
  await spool.keep(batchOf('a'));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test('a directory that others may write to is not used', async () => {
  const { spool, directory, news } = ownSpool();
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  expect(await spool.keep(batchOf('a'))).toBe(undefined);
  expect(spool.keepNow(batchOf('a'))).toBe(undefined);
  expect(readdirSync(directory)).toEqual([]);
  expect(news[0]).toEqual({ kind: 'unusable', directory, reason: 'other users may write to it, which must not be' });
  expect(spool.isUsable).toBe(false);
  expect(await ownSpool({ directory }).spool.take('0a1b2c3d4e5f')).toBe(undefined);
});

test('a symbolic link in its place is not followed', async () => {
  const { spool, directory, news } = ownSpool();
  const target = join(dirname(directory), 'elsewhere');
  mkdirSync(target);
  symlinkSync(target, directory);
  expect(await spool.keep(batchOf('a'))).toBe(undefined);
  expect(readdirSync(target)).toEqual([]);
  expect(news).toEqual([{ kind: 'unusable', directory, reason: 'it is a symbolic link, which is not followed' }]);
});

test('a file in its place is not touched', async () => {
  const { spool, directory, news } = ownSpool();
  writeFileSync(directory, 'mine');
  expect(await spool.keep(batchOf('a'))).toBe(undefined);
  expect(news).toEqual([{ kind: 'unusable', directory, reason: 'it is not a directory' }]);
  expect(lstatSync(directory).isFile()).toBe(true);
});

test('a directory of another user is not used', async (context) => {
  if (process.geteuid?.() !== 0) context.skip('needs root, who may give a directory away');
  const { spool, directory, news } = ownSpool();
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, 12_345, 12_345);
  expect(await spool.keep(batchOf('a'))).toBe(undefined);
  expect(news).toEqual([
    { kind: 'unusable', directory, reason: 'it belongs to another user (12345), it must be our own (0)' },
  ]);
});

test('other files in it are left alone', async () => {
  const { spool, directory, names } = ownSpool();
  await spool.keep(batchOf('a'));
  writeFileSync(join(directory, 'README'), 'mine');
  expect(await allOf(ownSpool({ directory }).spool)).toEqual(['a']);
  expect(names()).toEqual(['README']);
});
