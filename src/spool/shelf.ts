/**
 * Knows which batches are in the directory and keeps them within the limits. Several processes do the same at once: a file is anybody's
 * until it is claimed, and who removes one that is gone already has not removed it.
 */
import { readdirSync, renameSync, unlinkSync } from 'node:fs';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import type { SpoolSettings } from '../config/config.ts';
import { nowMs } from '../real-timers.ts';
import { FileTime } from './file-time.ts';
import { Inventory, limitOf, roomOf } from './inventory.ts';
import type { Begun, Stock } from './inventory.ts';
import { claimantState, staleClaimMs } from './owner.ts';
import type { FoundName } from './spool-name.ts';
import type { SpoolNews } from './spool-news.ts';
import { wallClockMs } from './wall-clock.ts';
import { codeOf } from '../errors.ts';

/** Names that are looked at between two turns of the event loop: about a millisecond. */
const namesPerTurn = 500;
/** Others write too: their files count after this time at the latest, as long as we write ourselves. */
const lookAgainMs = 10_000;

export class Shelf {
  readonly #settings: SpoolSettings;
  readonly #onNews: (news: SpoolNews) => void;
  readonly #fileTime: FileTime;
  /** Destinations that somebody here has asked for: as many as signals. */
  readonly #wanted = new Set<string>();
  /** By destination. */
  #waiting = new Map<string, FoundName[]>();
  #hasMore: ReadonlySet<string> = new Set();
  /** Names of those that are for others. */
  #left = new Set<string>();
  #bytes = 0;
  #addedBytes = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(settings: SpoolSettings, onNews: (news: SpoolNews) => void) {
    this.#settings = settings;
    this.#onNews = onNews;
    this.#fileTime = new FileTime(settings.directory);
  }

  /** There may be more for it than `next` knows. */
  isWorthALook(destination: string, atTheLatestMs: number): boolean {
    const isNew = !this.#wanted.has(destination);
    this.#wanted.add(destination);
    return isNew || this.#hasMore.has(destination) || this.#ageMs > atTheLatestMs;
  }

  /** What is known is old: others have left something, perhaps. */
  forget(): void {
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /** One that has just been written. */
  add(found: FoundName): void {
    this.#wanted.add(found.destination);
    // Behind others that are not remembered it would overtake them.
    if (!this.#hasMore.has(found.destination)) this.#waitingFor(found.destination).push(found);
    this.#bytes += roomOf(found);
    this.#addedBytes += roomOf(found);
  }

  /** One that nobody took after all. */
  putBack(found: FoundName): void {
    this.#waitingFor(found.destination).unshift(found);
  }

  /** One that is there, and not for us. */
  leave({ name }: FoundName): void {
    this.#left.add(name);
  }

  /** The oldest of a destination that is known, and no longer known. */
  next(destination: string): FoundName | undefined {
    return this.#waiting.get(destination)?.shift();
  }

  /** Looks again when the limit may be reached, by us or by others. */
  async keepWithinLimits(): Promise<void> {
    const { maxBytes } = this.#settings;
    const isDue =
      this.#ageMs > lookAgainMs || this.#addedBytes > maxBytes / 64 || this.#bytes > limitOf(this.#settings);
    if (isDue) await this.look();
  }

  /** One look at a time, whoever asks. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /**
   * The same for an exit, without a turn of the event loop.
   *
   * @param destination - Whose files are wanted; undefined: nobody's, only the limits are.
   */
  lookNow(destination?: string): void {
    if (destination !== undefined) this.#wanted.add(destination);
    const inventory = new Inventory(this.#settings);
    for (const name of namesIfAny(() => readdirSync(this.#settings.directory))) inventory.add(name);
    const stock = inventory.finish(wallClockMs(), { wanted: this.#wanted, left: this.#left });
    this.#take(stock);
    this.#tellDropped(
      'age',
      stock.expired.filter((each) => isDone(() => unlinkSync(this.path(each.name)))),
    );
    this.#tellDropped(
      'size',
      stock.overflowing.filter((each) => isDone(() => unlinkSync(this.path(each.name)))),
    );
    for (const begun of stock.begun) {
      if (claimantState(begun.claimant) === 'dead') this.#freeNow(begun);
    }
  }

  path(fileName: string): string {
    return join(this.#settings.directory, fileName);
  }

  #waitingFor(destination: string): FoundName[] {
    const known = this.#waiting.get(destination);
    if (known !== undefined) return known;
    const none: FoundName[] = [];
    this.#waiting.set(destination, none);
    return none;
  }

  /** Milliseconds since the last look into the directory. */
  get #ageMs(): number {
    return nowMs() - this.#lookedMs;
  }

  async #look(): Promise<void> {
    const inventory = new Inventory(this.#settings);
    const names = await readdir(this.#settings.directory).catch(noneIfMissing);
    for (const [index, name] of names.entries()) {
      inventory.add(name);
      // oxlint-disable-next-line no-await-in-loop -- the loop is to be interrupted
      if (index % namesPerTurn === namesPerTurn - 1) await turn(undefined, { ref: false });
    }
    const stock = inventory.finish(wallClockMs(), { wanted: this.#wanted, left: this.#left });
    this.#take(stock);
    await this.#drop('age', stock.expired);
    await this.#drop('size', stock.overflowing);
    // oxlint-disable-next-line no-await-in-loop -- a handful, after a process has died
    for (const begun of stock.begun) await this.#free(begun);
  }

  #take(stock: Stock): void {
    this.#waiting = stock.waiting;
    this.#left = stock.left;
    this.#hasMore = stock.hasMore;
    this.#bytes = stock.bytes;
    this.#addedBytes = 0;
    this.#lookedMs = nowMs();
  }

  async #drop(why: 'age' | 'size', files: readonly FoundName[]): Promise<void> {
    const dropped: FoundName[] = [];
    for (const each of files) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the application needs the threads too
      if (await isDoneLater(unlink(this.path(each.name)))) dropped.push(each);
    }
    this.#tellDropped(why, dropped);
  }

  #tellDropped(why: 'age' | 'size', dropped: readonly FoundName[]): void {
    for (const [signal, ofSignal] of Map.groupBy(dropped, (each) => each.signal)) {
      const itemCount = ofSignal.reduce((sum, each) => sum + each.itemCount, 0);
      this.#onNews({ kind: 'dropped', why, signal, batchCount: ofSignal.length, itemCount });
    }
  }

  /** What a dead process was sending waits again; what it was writing is worth nothing. */
  async #free({ fileName, claimant, found }: Begun): Promise<void> {
    const state = claimantState(claimant);
    if (state === 'own') return;
    if (state === 'unknown' && !(await this.#isStale(fileName))) return;
    if (found === undefined) {
      if (await isDoneLater(unlink(this.path(fileName)))) this.#tellUnfinished(fileName);
    } else if (await isDoneLater(rename(this.path(fileName), this.path(found.name)))) {
      this.putBack({ ...found, claimant: undefined });
    }
  }

  #freeNow({ fileName, found }: Begun): void {
    if (found === undefined) {
      if (isDone(() => unlinkSync(this.path(fileName)))) this.#tellUnfinished(fileName);
    } else {
      isDone(() => renameSync(this.path(fileName), this.path(found.name)));
    }
  }

  #tellUnfinished(name: string): void {
    this.#onNews({ kind: 'damaged', name, reason: 'its process died while it wrote it', itemCount: 0 });
  }

  /** By the time of the last renaming, which is when it was claimed; it is told by the clock of the file system, as that time is. */
  async #isStale(fileName: string): Promise<boolean> {
    const stats = await stat(this.path(fileName)).catch(() => undefined);
    const fileMs = await this.#fileTime.nowMs();
    return stats !== undefined && fileMs !== undefined && fileMs - stats.ctimeMs > staleClaimMs;
  }
}

function noneIfMissing(error: unknown): string[] {
  if (codeOf(error) === 'ENOENT') return [];
  throw error;
}

function namesIfAny(read: () => string[]): string[] {
  try {
    return read();
  } catch (error) {
    return noneIfMissing(error);
  }
}

/** Somebody else may have been faster, and the next look finds what could not be done now. */
function isDone(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    // As said above.
    return false;
  }
}

async function isDoneLater(action: Promise<void>): Promise<boolean> {
  return action.then(
    () => true,
    () => false,
  );
}
