/**
 * Keeps batches on disk until somebody sends them. The directory is shared by all processes that have the same one: any of them may send
 * what any of them left, one at a time each, because a file is claimed by a rename, which only one can do.
 *
 *   <writer>-<n>.part.<owner>  --rename-->  <name>.otlp  --rename-->  <name>.otlp.<owner>  --unlink
 *   being written                           waits                     being sent
 *
 * A process that is killed at any point leaves one of the three; the next look (shelf.ts) finds whether its owner is alive.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';

import type { SpoolSettings } from '../config/config.ts';
import { codeOf, thrownWords } from '../errors.ts';
import { nowMs } from '../real-timers.ts';
import { contentNow, contentOf, whyUnread } from './file-content.ts';
import { ownClaim } from './owner.ts';
import { Shelf } from './shelf.ts';
import { checkDirectory, prepareDirectory } from './spool-directory.ts';
import { compressedFile, plainFile, readBatch, readBatchNow } from './spool-file.ts';
import type { SpooledBatch } from './spool-file.ts';
import { spoolName, unfinishedName } from './spool-name.ts';
import type { FoundName } from './spool-name.ts';
import type { SpoolNews } from './spool-news.ts';
import { wallClockMs } from './wall-clock.ts';

const fileMode = 0o600;
/** A directory that could not be used is tried again after this time: what waits in memory meanwhile, SIGKILL takes. One try is one batch. */
const tryAgainMs = 5000;
/** An empty spool is looked into again after this time, for what a process has left that ended without a collector. */
const lookAgainMs = 60_000;
/** Files written at once: libuv has four threads, and the application wants some. */
const mostWrites = 2;

/** A batch that is ours to send; nobody else does. */
export interface Claimed {
  readonly batch: SpooledBatch;
  readonly found: FoundName;
}

export class Spool {
  readonly #settings: SpoolSettings;
  readonly #onNews: (news: SpoolNews) => void;
  readonly #shelf: Shelf;
  readonly #writer = randomBytes(6).toString('hex');
  #count = 0;
  #unusableUntilMs = 0;
  #writes: Promise<unknown>[] = [];
  /** Files whose owners do not know yet that they are written, with the names that they get at the end. */
  readonly #unfinished = new Map<string, string>();

  constructor(settings: SpoolSettings, onNews: (news: SpoolNews) => void) {
    this.#settings = settings;
    this.#onNews = onNews;
    this.#shelf = new Shelf(settings, onNews);
  }

  /** False for a while after something could not be written. */
  get isUsable(): boolean {
    return this.usableInMs === 0;
  }

  /** Milliseconds until something is worth a try; 0 now. */
  get usableInMs(): number {
    return Math.max(0, this.#unusableUntilMs - nowMs());
  }

  /**
   * Never rejects.
   *
   * @param isClaimed - Somebody is sending it already.
   * @returns Undefined when it could not be kept.
   */
  async keep(batch: SpooledBatch, isClaimed = false): Promise<FoundName | undefined> {
    while (this.#writes.length >= mostWrites) {
      // oxlint-disable-next-line no-await-in-loop -- until there is a place
      await Promise.race(this.#writes);
    }
    if (!this.isUsable) return undefined;
    const write = this.#keep(batch, isClaimed).catch((error: unknown) => this.#failed(error));
    this.#writes.push(write);
    try {
      return await write;
    } finally {
      this.#writes = this.#writes.filter((each) => each !== write);
    }
  }

  /** The same for an exit: it is on disk when this returns. */
  keepNow(batch: SpooledBatch): FoundName | undefined {
    try {
      prepareDirectory(this.#settings.directory);
      const bytes = plainFile(batch);
      const found = this.#found(batch, bytes.byteLength);
      const unfinished = this.#shelf.path(unfinishedName(this.#writer, found.sequence, ownClaim()));
      writeNow(unfinished, bytes);
      renameSync(unfinished, this.#shelf.path(found.name));
      return found;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Puts the limits in force without a turn of the event loop, and tells what that has cost. */
  limitNow(): void {
    try {
      this.#shelf.lookNow();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The next `take` that would find nothing looks into the directory, however short a time ago the last look was. */
  lookAgain(): void {
    this.#shelf.forget();
  }

  /** @returns The oldest that goes there and that nobody else sends, whoever wrote it. Undefined: none. */
  async take(destination: string): Promise<Claimed | undefined> {
    return this.#take(destination).catch((error: unknown) => this.#failed(error, 'unreadable'));
  }

  /** Sent, or refused for ever. */
  async remove(found: FoundName): Promise<void> {
    // Whoever else removed it: it is gone, which is what was wanted.
    await unlink(this.#claimedPath(found)).catch(() => undefined);
  }

  /** Nobody took it; it waits again. @returns False when its file is gone, with its directory perhaps, and nobody but the caller has it. */
  async giveBack(found: FoundName): Promise<boolean> {
    try {
      await rename(this.#claimedPath(found), this.#shelf.path(found.name));
    } catch {
      // As said above. Somebody may also have taken us for dead, who sends it; twice is better than not at all.
      return false;
    }
    this.#shelf.putBack(found);
    return true;
  }

  /** One of `keepNow`, which has been sent after all. */
  removeNow(found: FoundName): void {
    quietly(() => unlinkSync(this.#shelf.path(found.name)));
  }

  /** For an exit: what is being written at this moment will not be finished, and was taken elsewhere. */
  abandonNow(): void {
    for (const [path, name] of this.#unfinished) {
      quietly(() => unlinkSync(path));
      // It may have its name by now, without our having heard of it.
      quietly(() => unlinkSync(name));
    }
    this.#unfinished.clear();
  }

  /** The same as `take` for an exit, for some of the oldest. */
  takeNow(destination: string, isEnough: (taken: readonly Claimed[]) => boolean): Claimed[] {
    const taken: Claimed[] = [];
    try {
      if (checkDirectory(this.#settings.directory)) this.#takeInto(taken, destination, isEnough);
    } catch (error) {
      this.#failed(error, 'unreadable');
    }
    return taken;
  }

  /** One that we have claimed, at an exit. */
  settleNow(found: FoundName, isSent: boolean): void {
    const path = this.#claimedPath(found);
    quietly(() => (isSent ? unlinkSync(path) : renameSync(path, this.#shelf.path(found.name))));
  }

  #takeInto(taken: Claimed[], destination: string, isEnough: (taken: readonly Claimed[]) => boolean): void {
    this.#shelf.lookNow(destination);
    for (let found = this.#shelf.next(destination); found !== undefined; found = this.#shelf.next(destination)) {
      taken.push(...this.#claimNow(found));
      if (isEnough(taken)) return;
    }
  }

  async #take(destination: string): Promise<Claimed | undefined> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- others may be faster
      const found = await this.#next(destination);
      if (found === undefined) return undefined;
      // oxlint-disable-next-line no-await-in-loop -- the same
      const claimed = (await this.#claim(found)) ? await this.#read(found) : undefined;
      if (claimed !== undefined) return claimed;
    }
  }

  async #keep(batch: SpooledBatch, isClaimed: boolean): Promise<FoundName> {
    const bytes = await compressedFile(batch);
    prepareDirectory(this.#settings.directory);
    const found = this.#found(batch, bytes.byteLength);
    const unfinished = this.#shelf.path(unfinishedName(this.#writer, found.sequence, ownClaim()));
    const finished = isClaimed ? this.#claimedPath(found) : this.#shelf.path(found.name);
    this.#unfinished.set(unfinished, finished);
    try {
      // Exclusively: a link that somebody planted under this name is an error.
      const file = await open(unfinished, 'wx', fileMode);
      try {
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
      await rename(unfinished, finished);
    } catch (error) {
      this.#unfinished.delete(unfinished);
      // A full disk needs the room; what is not there needs no removing.
      await unlink(unfinished).catch(() => undefined);
      throw error;
    }
    if (!isClaimed) this.#shelf.add(found);
    // The batch is safe whatever becomes of the look.
    await this.#shelf.keepWithinLimits().catch((error: unknown) => this.#failed(error));
    // Not before: its owner has it in hand until this is known there.
    this.#unfinished.delete(unfinished);
    return found;
  }

  #found({ destination, signal, itemCount }: SpooledBatch, bytes: number): FoundName {
    this.#count += 1;
    const parts = { createdMs: wallClockMs(), sequence: this.#count, writer: this.#writer, destination, signal };
    const name = spoolName({ ...parts, itemCount, bytes });
    return { ...parts, itemCount, bytes, name, claimant: undefined };
  }

  async #next(destination: string): Promise<FoundName | undefined> {
    const known = this.#shelf.next(destination);
    if (known !== undefined) return known;
    if (!this.#shelf.isWorthALook(destination, lookAgainMs)) return undefined;
    if (!checkDirectory(this.#settings.directory)) return undefined;
    await this.#shelf.look();
    return this.#shelf.next(destination);
  }

  /** @returns False when somebody else was faster. */
  async #claim(found: FoundName): Promise<boolean> {
    try {
      await rename(this.#shelf.path(found.name), this.#claimedPath(found));
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** @returns None when it is not ours to send. */
  #claimNow(found: FoundName): readonly Claimed[] {
    const path = this.#claimedPath(found);
    try {
      renameSync(this.#shelf.path(found.name), path);
    } catch {
      // Somebody else was faster; or a disk that fails, which shows elsewhere.
      return [];
    }
    try {
      return [{ batch: this.#fitting(readBatchNow(contentNow(path)), found), found }];
    } catch (error) {
      this.#unread(found, error);
      return [];
    }
  }

  /**
   * What cannot be read is not always no good; only that goes.
   *
   * @throws The error, when no other file could be read either.
   */
  #unread(found: FoundName, error: unknown): undefined {
    const { name, signal, itemCount } = found;
    const why = whyUnread(error);
    if (why === 'gone') return undefined;
    if (why === 'damaged') {
      this.#onNews({ kind: 'damaged', name, reason: thrownWords(error), signal, itemCount });
      quietly(() => unlinkSync(this.#claimedPath(found)));
      return undefined;
    }
    quietly(() => renameSync(this.#claimedPath(found), this.#shelf.path(name)));
    if (why === 'system') throw error;
    this.#shelf.leave(found);
    this.#onNews({ kind: 'left', name, reason: thrownWords(error) });
    return undefined;
  }

  #fitting(batch: SpooledBatch, found: FoundName): SpooledBatch {
    if (batch.destination !== found.destination) throw new Error('it was made for another receiver');
    return batch;
  }

  async #read(found: FoundName): Promise<Claimed | undefined> {
    const path = this.#claimedPath(found);
    try {
      return { batch: this.#fitting(await readBatch(await contentOf(path)), found), found };
    } catch (error) {
      return this.#unread(found, error);
    }
  }

  #claimedPath({ name }: FoundName): string {
    return this.#shelf.path(`${name}.${ownClaim()}`);
  }

  #failed(error: unknown, kind: 'unusable' | 'unreadable' = 'unusable'): undefined {
    this.#unusableUntilMs = nowMs() + tryAgainMs;
    this.#onNews({ kind, directory: this.#settings.directory, reason: thrownWords(error) });
  }
}

/** For what others may have done already, or will do after us. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // As said above.
  }
}

function writeNow(path: string, bytes: Buffer): void {
  const fd = openSync(path, 'wx', fileMode);
  try {
    for (let at = 0; at < bytes.byteLength;) at += writeSync(fd, bytes, at);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(fd);
  }
}
