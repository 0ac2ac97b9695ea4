/** A file that is not what one of us wrote is seen, removed and told; the others are sent. */
import { mkdirSync, readFileSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { allOf, batchOf, destination, ownSpool } from './own-spool.ts';
import type { OwnSpool } from './own-spool.ts';

const damages: Readonly<Record<string, readonly [damage: (path: string) => void, reason: RegExp]>> = {
  'cut off': [(path) => truncateSync(path, readFileSync(path).length - 3), /checksum/],
  empty: [(path) => truncateSync(path, 0), /does not begin/],
  'a bit turned in the batch': [(path) => turnBit(path, -1), /checksum/],
  'a bit turned in the first line': [(path) => turnBit(path, 40), /checksum/],
  'of a version that is none': [(path) => replaceIn(path, 'reqlens-spool 1', 'reqlens-spool x'), /does not begin/],
  'something else': [(path) => writeFileSync(path, 'GIF89a\n'), /does not begin/],
  'a megabyte without a line': [(path) => writeFileSync(path, Buffer.alloc(1_000_000, 120)), /does not begin/],
  'a directory': [asDirectory, /EISDIR|not a regular file/],
  'a link to a file of somebody': [(path) => asLink(path, '/etc/passwd'), /ELOOP/],
  'a link to itself': [(path) => asLink(path, path), /ELOOP/],
};

for (const [what, [damage, reason]] of Object.entries(damages)) {
  test(`${what}: the rest is sent, and this is told`, async () => {
    const { spool, directory, names, news } = await three();
    const [, second = ''] = names();
    damage(join(directory, second));
    const reader = ownSpool({ directory });
    expect(await allOf(reader.spool)).toEqual(['first', 'third']);
    expect(reader.news).toEqual([
      { kind: 'damaged', name: second, reason: expect.stringMatching(reason), signal: 'trace', itemCount: 1 },
    ]);
    expect(news).toEqual([]);
    expect(spool.isUsable).toBe(true);
  });

  test(`${what}: the same at an exit`, async () => {
    const { directory, names } = await three();
    const [, second = ''] = names();
    damage(join(directory, second));
    const reader = ownSpool({ directory });
    const taken = reader.spool.takeNow(destination, () => false);
    expect(taken.map(({ batch }) => Buffer.from(batch.body).toString())).toEqual(['first', 'third']);
    expect(reader.news).toEqual([
      { kind: 'damaged', name: second, reason: expect.stringMatching(reason), signal: 'trace', itemCount: 1 },
    ]);
  });
}

test('a file under the name of another destination is not sent there', async () => {
  const { directory, names } = await three();
  const [first = ''] = names();
  const elsewhere = 'ffffffffffff';
  writeFileSync(join(directory, first.replace(destination, elsewhere)), readFileSync(join(directory, first)));
  const reader = ownSpool({ directory });
  expect(await allOf(reader.spool, elsewhere)).toEqual([]);
  expect(reader.news).toEqual([
    {
      kind: 'damaged',
      name: first.replace(destination, elsewhere),
      reason: 'it was made for another receiver',
      signal: 'trace',
      itemCount: 1,
    },
  ]);
});

test('what a dead process was writing is removed and told', async () => {
  const { directory, names } = await three();
  const [host = ''] = (await import('../../src/spool/owner.ts')).ownClaim().split('-');
  const torn = `4f1c0a9be2d7-7.part.${host}-4194304-1-0`;
  writeFileSync(join(directory, torn), 'reqlens-spool 1 ');
  const reader = ownSpool({ directory });
  expect(await allOf(reader.spool)).toHaveLength(3);
  expect(reader.news).toEqual([
    { kind: 'damaged', name: torn, reason: 'its process died while it wrote it', itemCount: 0 },
  ]);
  expect(names()).toEqual([]);
});

async function three(): Promise<OwnSpool> {
  const own = ownSpool();
  for (const text of ['first', 'second', 'third']) await own.spool.keep(batchOf(text));
  return own;
}

function turnBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  writeFileSync(path, bytes);
}

function replaceIn(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, 'latin1').replace(from, to), 'latin1');
}

function asDirectory(path: string): void {
  unlinkSync(path);
  mkdirSync(path);
}

function asLink(path: string, target: string): void {
  unlinkSync(path);
  symlinkSync(target, path);
}
