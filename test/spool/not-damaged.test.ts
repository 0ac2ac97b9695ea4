/** A file that cannot be read now, or not by this version, is no damaged one: it stays, and is sent when it can be. */
import { execFile } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test, vi } from 'vitest';

import { parseSpoolName, spoolName } from '../../src/spool/spool-name.ts';
import { allOf, batchOf, destination, ownSpool } from './own-spool.ts';

test('a process without a descriptor left loses no batch', async () => {
  const { spool, directory } = ownSpool();
  for (const text of ['first', 'second', 'third']) await spool.keep(batchOf(text));
  const program = `ulimit -n 40; exec "${process.execPath}" test/spool/apps/no-descriptors.mjs "${directory}" ${destination}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', program]);
  expect(JSON.parse(stdout)).toEqual({
    taken: 0,
    bodies: ['first', 'second', 'third'],
    news: ['unreadable'],
    left: [],
  });
});

test('a file that somebody removes after it was found is not called damaged', async () => {
  const { spool, directory, names, news } = ownSpool();
  for (const text of ['first', 'second']) await spool.keep(batchOf(text));
  const [first = ''] = names();
  rmSync(join(directory, first));
  expect(await allOf(spool)).toEqual(['second']);
  expect(news).toEqual([]);
});

/** What a later version may have changed, with everything else as it is. */
function asLater(path: string): void {
  writeFileSync(path, readFileSync(path, 'latin1').replace('reqlens-spool 1', 'reqlens-spool 2'), 'latin1');
}

test('a file of a later version is left to it, at an exit too, and told once a process', async () => {
  const { spool, directory, names } = ownSpool();
  for (const text of ['first', 'second', 'third']) await spool.keep(batchOf(text));
  const [, second = ''] = names();
  asLater(join(directory, second));
  const reader = ownSpool({ directory });
  expect(await allOf(reader.spool)).toEqual(['first', 'third']);
  for (let looks = 0; looks < 3; looks += 1) {
    reader.spool.lookAgain();
    expect(await allOf(reader.spool)).toEqual([]);
  }
  expect(reader.spool.takeNow(destination, () => false)).toEqual([]);
  const told = { kind: 'left', name: second, reason: 'its version 2 is unknown here' };
  expect(reader.news).toEqual([told]);
  expect(names()).toEqual([second]);
  const exiting = ownSpool({ directory });
  expect(exiting.spool.takeNow(destination, () => false)).toEqual([]);
  expect(exiting.news).toEqual([told]);
  expect(names()).toEqual([second]);
});

test('thousands that wait for a receiver which nobody has any more are not in the way of the others', async () => {
  const { spool, directory, names } = ownSpool();
  await spool.keep(batchOf('ours'));
  const [ours = ''] = names();
  const found = parseSpoolName(ours);
  if (found === undefined) throw new Error('it has a name');
  for (let index = 0; index < 2100; index += 1) {
    const parts = { ...found, createdMs: found.createdMs - 1000, sequence: index, destination: 'ffffffffffff' };
    writeFileSync(join(directory, spoolName(parts)), 'x');
  }
  for (let index = 0; index < 100; index += 1) {
    const older = { ...found, createdMs: found.createdMs - 500, sequence: index };
    const path = join(directory, spoolName(older));
    writeFileSync(path, readFileSync(join(directory, ours)));
    asLater(path);
  }
  expect(await allOf(ownSpool({ directory }).spool)).toEqual(['ours']);
  expect(names()).toHaveLength(2200);
});

test('a directory that is removed while a batch of it is under way: the batch is kept again', async () => {
  const { spool, directory, names } = ownSpool();
  await spool.keep(batchOf('a'));
  const claimed = await spool.take(destination);
  rmSync(directory, { recursive: true });
  if (claimed === undefined) throw new Error('it is there');
  expect(await spool.giveBack(claimed.found)).toBe(false);
  await spool.keep(claimed.batch);
  expect(names()).toHaveLength(1);
});

test.each([
  ['before 1970', -86_400_000],
  ['a day ahead', Date.now() + 90_000_000],
  ['in another millennium', 64_000_000_000_000],
])('a clock that an application has set, %s, makes no file that nobody finds', async (_, nowMs) => {
  const { spool, directory, news } = ownSpool();
  await spool.keep(batchOf('before'));
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] });
  try {
    await spool.keep(batchOf('meanwhile'));
    spool.lookAgain();
    await spool.keep(batchOf('after a look'));
  } finally {
    vi.useRealTimers();
  }
  expect(await allOf(ownSpool({ directory }).spool)).toEqual(['before', 'meanwhile', 'after a look']);
  expect(news).toEqual([]);
});

test('files whose names are out of order, because a clock was set back, all come', async () => {
  const { spool, directory, names } = ownSpool();
  for (const text of ['first', 'second', 'third']) await spool.keep(batchOf(text));
  const [first = ''] = names();
  const found = parseSpoolName(first);
  if (found === undefined) throw new Error('it has a name');
  const later = spoolName({ ...found, createdMs: found.createdMs + 86_400_000 });
  renameSync(join(directory, first), join(directory, later));
  expect(await allOf(ownSpool({ directory }).spool)).toEqual(['second', 'third', 'first']);
});
