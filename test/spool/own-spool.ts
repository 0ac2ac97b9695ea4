/** A Spool in the test's own process, with what it had to tell. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { SpooledBatch } from '../../src/spool/spool-file.ts';
import type { SpoolNews } from '../../src/spool/spool-news.ts';
import { Spool } from '../../src/spool/spool.ts';

export const destination = '0a1b2c3d4e5f';

export interface OwnSpool {
  readonly spool: Spool;
  readonly directory: string;
  readonly news: SpoolNews[];
  /** Everything in the directory. */
  readonly names: () => string[];
}

export interface OwnSpoolOptions {
  /** Default: a new one, not there yet. */
  readonly directory?: string;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

export function ownSpool(options: OwnSpoolOptions = {}): OwnSpool {
  const { directory = newDirectory(), maxBytes = 1024 ** 3, maxAgeMs = 3_600_000 } = options;
  const news: SpoolNews[] = [];
  const spool = new Spool({ directory, maxBytes, maxAgeMs }, (each) => news.push(each));
  return { spool, directory, news, names: () => readdirSync(directory).toSorted() };
}

function newDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-own-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool');
}

/** Its body does not compress. */
export function batchOf(text: string, itemCount = 1): SpooledBatch {
  return { signal: 'trace', destination, contentType: 'application/x-protobuf', itemCount, body: Buffer.from(text) };
}

/** Bodies of everything for the destination, in the order in which it is given; each is removed. */
export async function allOf(spool: Spool, from = destination): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const claimed = await spool.take(from);
    if (claimed === undefined) return bodies;
    bodies.push(Buffer.from(claimed.batch.body).toString());
    await spool.remove(claimed.found);
  }
}
