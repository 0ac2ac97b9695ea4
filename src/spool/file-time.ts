/** What time it is by the clock that stamps the files of a directory. On a network share it is another machine's, and may be hours from ours. */
import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { nowMs } from '../real-timers.ts';
import { ownClaim } from './owner.ts';
import { unfinishedName } from './spool-name.ts';

/** What was learned is believed for so long: that clock may be set, too. */
const validMs = 60_000;

export class FileTime {
  readonly #directory: string;
  #learnedMs = Number.NEGATIVE_INFINITY;
  /** Of that clock to `nowMs`. */
  #differenceMs = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @returns Milliseconds since 1970; undefined when nothing can be written there, by which alone it is learned. */
  async nowMs(): Promise<number | undefined> {
    try {
      if (nowMs() - this.#learnedMs > validMs) await this.#learn();
      return nowMs() + this.#differenceMs;
    } catch {
      // No room, or no right to it: the spool says so when it has something to write.
      return undefined;
    }
  }

  async #learn(): Promise<void> {
    // A name that others clear away if we are killed in between.
    const path = join(this.#directory, unfinishedName(randomBytes(6).toString('hex'), 0, ownClaim()));
    const file = await open(path, 'wx', 0o600);
    try {
      const { mtimeMs } = await file.stat();
      this.#learnedMs = nowMs();
      this.#differenceMs = mtimeMs - this.#learnedMs;
    } finally {
      await file.close();
      await unlink(path);
    }
  }
}
