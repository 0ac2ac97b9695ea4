/** A disk that takes nothing, or nothing more: telemetry waits in memory, which is said once, and nothing half-written is left. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { deadPort } from '../support/scripted-receiver.ts';
import { randomBytes } from 'node:crypto';
import {
  arrivedLines,
  arrivedSpans,
  lineNames,
  receiverOn,
  spanNames,
  spooledCount,
  spoolEnv,
  spoolingApp,
} from './spooling.ts';
import { MemoryBudget } from '../../src/export/memory-budget.ts';
import { WaitingPlace } from '../../src/export/waiting-place.ts';
import { allOf, batchOf, destination, ownSpool } from './own-spool.ts';
import { untilTrue } from '../support/until-true.ts';

/** A file system of its own; undefined where this user may not mount one. */
function mounted(options: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-spool-disk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  return directory;
}

const cannotMount = 'needs the right to mount a tmpfs';

test('full in the middle of a batch: it is not kept, nothing of it is left, and what was kept is', async (context) => {
  const disk = mounted('size=200k');
  if (disk === undefined) context.skip(cannotMount);
  const directory = join(disk ?? '', 'spool');
  const { spool, news, names } = ownSpool({ directory });
  const large = randomBytes(60_000).toString('latin1');
  const kept: string[] = [];
  for (let index = 0; index < 10 && spool.isUsable; index += 1) {
    const text = `${index} ${large}`;
    if ((await spool.keep(batchOf(text))) !== undefined) kept.push(text);
  }
  expect(kept.length).toBeGreaterThan(0);
  expect(news).toEqual([{ kind: 'unusable', directory, reason: expect.stringContaining('ENOSPC') }]);
  expect(spool.keepNow(batchOf(`x ${large}`))).toBe(undefined);
  expect(names().filter((name) => name.includes('.part'))).toEqual([]);
  expect(await allOf(ownSpool({ directory }).spool)).toEqual(kept);
});

test.each([
  ['full', 'size=4k', /ENOSPC/],
  ['read-only', 'ro,size=1m', /EROFS/],
])('%s: everything that memory has room for arrives, one line tells of it', async (_, options, reason) => {
  const disk = mounted(options);
  if (disk === undefined) return;
  const port = await deadPort();
  const spool = join(disk, 'spool');
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/make?name=a&spans=100&lines=100');
  await untilTrue(() => app.stderr().includes('waits in memory:'));
  await app.get('/make?name=b&spans=100&lines=100');
  const receiver = await receiverOn(port);
  await receiver.until(() =>
    ['a', 'b'].every(
      (name) => arrivedSpans(receiver, name).length >= 100 && arrivedLines(receiver, name).length >= 100,
    ),
  );
  for (const name of ['a', 'b']) {
    expect(arrivedSpans(receiver, name)).toEqual(spanNames(name, 100));
    expect(arrivedLines(receiver, name)).toEqual(lineNames(name, 100));
  }
  await app.get('/end');
  const { stderr, code } = await app.exit;
  expect(code).toBe(0);
  expect(stderr.match(/cannot be kept in [^\n]*/g)).toEqual([expect.stringMatching(reason)]);
  expect(readdirSync(disk).filter((name) => name !== 'spool')).toEqual([]);
});

test('room again while the application is idle: what waited in memory is written down, and SIGKILL takes none of it', async (context) => {
  const disk = mounted('size=400k');
  if (disk === undefined) context.skip(cannotMount);
  const ballast = join(disk ?? '', 'ballast');
  fill(ballast);
  const spool = join(disk ?? '', 'spool');
  const port = await deadPort();
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/make?name=a&spans=25&lines=25');
  await untilTrue(() => app.stderr().includes('waits in memory:'));
  await app.get('/make?name=b&spans=25&lines=25');
  rmSync(ballast);
  // With the server's own span of each request.
  await untilTrue(() => spooledCount(spool, 'trace') >= 52 && spooledCount(spool, 'logs') >= 50);
  app.signal('SIGKILL');
  await app.exit;
  const receiver = await receiverOn(port);
  await (await spoolingApp(spoolEnv(port, spool))).get('/make?name=next&spans=1&lines=1');
  await receiver.until(() => ['a', 'b'].every((name) => arrivedLines(receiver, name).length >= 25));
  await receiver.until(() => ['a', 'b'].every((name) => arrivedSpans(receiver, name).length >= 25));
  for (const name of ['a', 'b']) {
    expect(arrivedSpans(receiver, name)).toEqual(spanNames(name, 25));
    expect(arrivedLines(receiver, name)).toEqual(lineNames(name, 25));
  }
});

test('all that is held in memory is written down by itself when the disk takes batches again, and that is told', async () => {
  const { spool, directory } = ownSpool();
  // A file where the directory should be.
  writeFileSync(directory, '');
  const budget = new MemoryBudget(1024 ** 2);
  const contentType = 'application/x-protobuf';
  const place = new WaitingPlace({ signal: 'trace', destination, contentType, spool, budget });
  const told = new Promise<void>((resolve) => place.whenOnDisk(resolve));
  for (const text of ['a', 'b', 'c']) await place.keep({ body: Buffer.from(text), itemCount: 1 });
  expect([place.heldCount, place.isOnDisk]).toEqual([3, false]);
  rmSync(directory);
  await told;
  expect([place.heldCount, place.isOnDisk]).toEqual([0, true]);
  expect(await allOf(ownSpool({ directory }).spool)).toEqual(['a', 'b', 'c']);
});

/** Takes all the room that there is. */
function fill(path: string): void {
  for (let block = 64 * 1024; block >= 1; block = Math.floor(block / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(block), { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

test('a directory that is removed under us is made again', async () => {
  const { spool, directory, names, news } = ownSpool();
  await spool.keep(batchOf('a'));
  rmSync(directory, { recursive: true });
  await spool.keep(batchOf('b'));
  expect(names()).toHaveLength(1);
  expect(news).toEqual([]);
});
