/** A file is sent by one process at a time, and what a dead one has claimed is free. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished, test, vi } from 'vitest';

import { claimantState, ownClaim } from '../../src/spool/owner.ts';
import { parseSpoolName } from '../../src/spool/spool-name.ts';
import type { Spool } from '../../src/spool/spool.ts';
import { allOf, batchOf, destination, ownSpool } from './own-spool.ts';

test('two that take at the same time never get the same', async () => {
  const first = ownSpool();
  for (let index = 0; index < 40; index += 1) await first.spool.keep(batchOf(`${index}`));
  const others = [1, 2, 3].map(() => ownSpool({ directory: first.directory }));
  const taken = await Promise.all([first, ...others].map(async ({ spool }) => allOf(spool)));
  const all = taken
    .flat()
    .map(Number)
    .toSorted((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(first.names()).toEqual([]);
});

test('the oldest comes first, whoever wrote it, and one that was given back comes again', async () => {
  const one = ownSpool();
  const two = ownSpool({ directory: one.directory });
  for (const [index, { spool }] of [one, two, one, two].entries()) {
    await spool.keep(batchOf(`${index}`));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const { spool } = ownSpool({ directory: one.directory });
  const claimed = await spool.take(destination);
  expect(Buffer.from(claimed?.batch.body ?? '').toString()).toBe('0');
  expect(one.names().filter((name) => name.endsWith(ownClaim()))).toHaveLength(1);
  if (claimed !== undefined) await spool.giveBack(claimed.found);
  expect(await allOf(spool)).toEqual(['0', '1', '2', '3']);
});

test('what is claimed by a process that is dead is free, by one that lives it is not', async () => {
  const { spool, directory, names } = ownSpool();
  await spool.keep(batchOf('of the dead'));
  await spool.keep(batchOf('of the living'));
  const [dead, living] = [await endedPid(), process.ppid];
  const [host = ''] = ownClaim().split('-');
  const [first = '', second = ''] = names();
  renameSync(join(directory, first), join(directory, `${first}.${host}-${dead}-1-0`));
  renameSync(join(directory, second), join(directory, `${second}.${host}-${living}-0-0`));
  const next = ownSpool({ directory });
  expect(await allOf(next.spool)).toEqual(['of the dead']);
  expect(next.names()).toEqual([`${second}.${host}-${living}-0-0`]);
});

/** @returns What another process takes while one that lives has claimed the only file, and nothing of it can be seen from here. */
async function takenFromLiving(Taker: typeof Spool): Promise<string[]> {
  const { spool, directory, names } = ownSpool();
  await spool.keep(batchOf('of the living'));
  const [name = ''] = names();
  renameSync(join(directory, name), join(directory, `${name}.ffffffff-1-1-0`));
  const taker = new Taker({ directory, maxBytes: 1024 ** 3, maxAgeMs: 360_000_000 }, () => undefined);
  return allOf(taker);
}

test.each([-3, 3])(
  'a claim of another machine is as old as the file system says, whose clock is %d hours from ours',
  async (hours) => {
    vi.resetModules();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    // Our clock is taken hold of when it is loaded.
    const module = await import('../../src/spool/spool.ts');
    expect(await takenFromLiving(module.Spool)).toEqual([]);
    const old = vi.spyOn((await import('../../src/spool/file-time.ts')).FileTime.prototype, 'nowMs');
    onTestFinished(() => old.mockRestore());
    vi.useRealTimers();
    old.mockResolvedValue(Date.now() + 901_000);
    expect(await takenFromLiving(module.Spool)).toEqual(['of the living']);
  },
);

test('a process id that was given to another process is not its first owner', async () => {
  const [host = '', , start = ''] = ownClaim().split('-');
  const parent = `${host}-${process.ppid}`;
  expect(claimantState(ownClaim())).toBe('own');
  expect(claimantState(`${parent}-0-0`)).toBe('unknown');
  // Where starts of processes cannot be seen there is nothing to tell them by.
  expect(claimantState(`${parent}-${Number(start) + 1}-0`)).toBe(start === '0' ? 'unknown' : 'dead');
  expect(claimantState(`${host}-${await endedPid()}-${start}-0`)).toBe('dead');
  expect(claimantState('ffffffff-1-1-0')).toBe('unknown');
});

test('names are what they say, and others are none', () => {
  const name = '1764283793123-0000001-4f1c0a9be2d7.0a1b2c3d4e5f.trace.512.34567.otlp';
  expect(parseSpoolName(`${name}.9d2f0123-4711-99-77`)).toEqual({
    name,
    createdMs: 1_764_283_793_123,
    sequence: 1,
    writer: '4f1c0a9be2d7',
    destination: '0a1b2c3d4e5f',
    signal: 'trace',
    itemCount: 512,
    bytes: 34_567,
    claimant: '9d2f0123-4711-99-77',
  });
  for (const other of ['', '.', 'app.log', `x${name}`, `${name}/x`, `${name}.a/b`, name.replace('trace', '../x')]) {
    expect(parseSpoolName(other)).toBe(undefined);
  }
});

async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}
