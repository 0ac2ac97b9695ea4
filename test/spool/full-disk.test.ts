/** A disk that takes nothing, or nothing more: telemetry waits in memory, which is said once, and nothing half-written is left. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
  spoolEnv,
  spoolingApp,
  untilTrue,
} from './spooling.ts';
import { allOf, batchOf, ownSpool } from './own-spool.ts';

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

test('a directory that is removed under us is made again', async () => {
  const { spool, directory, names, news } = ownSpool();
  await spool.keep(batchOf('a'));
  rmSync(directory, { recursive: true });
  await spool.keep(batchOf('b'));
  expect(names()).toHaveLength(1);
  expect(news).toEqual([]);
});
