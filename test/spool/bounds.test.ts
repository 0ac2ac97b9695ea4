/** What waits on disk is bounded by size and age, of all writers together; the oldest goes first, and is counted once. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { allOf, batchOf, ownSpool } from './own-spool.ts';
import type { OwnSpool } from './own-spool.ts';

const megabyte = 1024 * 1024;

function bytesIn({ directory, names }: OwnSpool): number {
  return names().reduce((sum, name) => sum + Math.ceil(statSync(join(directory, name)).size / 4096) * 4096, 0);
}

/** Of about 30 kB, which do not compress. */
function large(text: string): ReturnType<typeof batchOf> {
  return batchOf(`${text} ${randomBytes(15_000).toString('latin1')}`, 10);
}

test('four writers stay within the limit, and what they drop is counted once', async () => {
  const first = ownSpool({ maxBytes: 2 * megabyte });
  const writers = [first, ...[1, 2, 3].map(() => ownSpool({ directory: first.directory, maxBytes: 2 * megabyte }))];
  for (let round = 0; round < 60; round += 1) {
    await Promise.all(writers.map(async ({ spool }, index) => spool.keep(large(`${round} ${index}`))));
    expect(bytesIn(first)).toBeLessThanOrEqual(2 * megabyte);
  }
  const left = await allOf(ownSpool({ directory: first.directory }).spool);
  const dropped = writers
    .flatMap(({ news }) => news)
    .reduce((sum, each) => sum + (each.kind === 'dropped' ? each.batchCount : 0), 0);
  expect(left.length + dropped).toBe(240);
  expect(left.length).toBeGreaterThan(20);
  // The oldest went: what is left is of the last rounds.
  expect(Math.min(...left.map((text) => Number(text.split(' ')[0])))).toBeGreaterThan(30);
});

test('an exit holds the limit too, one process after the other', () => {
  const { directory } = ownSpool();
  let news = 0;
  for (let index = 0; index < 100; index += 1) {
    const own = ownSpool({ directory, maxBytes: megabyte });
    own.spool.keepNow(large(`${index}`));
    own.spool.limitNow();
    expect(bytesIn(own)).toBeLessThanOrEqual(megabyte);
    news += own.news.length;
  }
  expect(news).toBeGreaterThan(0);
});

test('small batches count as what they take of the disk', async () => {
  const own = ownSpool({ maxBytes: megabyte });
  for (let index = 0; index < 400; index += 1) await own.spool.keep(batchOf(`${index}`));
  expect(own.names().length).toBeLessThanOrEqual(256);
  expect(own.news.every((each) => each.kind === 'dropped' && each.why === 'size')).toBe(true);
});

test('what is too old is dropped at the next look, with its count', async () => {
  const own = ownSpool();
  await own.spool.keep(batchOf('old', 7));
  await new Promise((resolve) => setTimeout(resolve, 30));
  const next = ownSpool({ directory: own.directory, maxAgeMs: 20 });
  await next.spool.keep(batchOf('new', 1));
  expect(await allOf(next.spool)).toEqual(['new']);
  expect(next.news).toEqual([{ kind: 'dropped', why: 'age', signal: 'trace', batchCount: 1, itemCount: 7 }]);
});

test('thousands that wait are all found, in their order', async () => {
  const own = ownSpool();
  for (let index = 0; index < 2500; index += 1) own.spool.keepNow(batchOf(`${index}`));
  const found = await allOf(ownSpool({ directory: own.directory }).spool);
  expect(found).toEqual(Array.from({ length: 2500 }, (_, index) => `${index}`));
});
