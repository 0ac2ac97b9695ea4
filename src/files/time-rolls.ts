/** Whether a file has to make way for that of a new hour or day: at most once in each, whatever any clock says. */
import type { FileClock } from './file-clock.ts';
import type { FileStatus } from './file-status.ts';
import { isFromEarlierPeriod, periodOf } from './roll-period.ts';
import type { RollPeriod } from './roll-period.ts';

/** So many periods are remembered in which a file was begun: days of a clock that is set to and fro by hours. */
const maxPeriods = 100;

export class TimeRolls {
  readonly #every: RollPeriod | undefined;
  readonly #clock: FileClock;
  readonly #begun = new Set<number>();
  /** When we last found that the open file may stay, by our own clock; undefined: never yet. */
  #stayedMs: number | undefined;

  /** @param every - Undefined: files are not rolled by time. */
  constructor(every: RollPeriod | undefined, clock: FileClock) {
    this.#every = every;
    this.#clock = clock;
  }

  /**
   * Of a file that we have written ourselves our own clock says enough; of one that was there before only its stamps can tell.
   * An empty file is never rolled.
   */
  isDue(status: FileStatus): boolean {
    const every = this.#every;
    if (every === undefined) return false;
    const nowMs = Date.now();
    const isEarlier =
      this.#stayedMs === undefined ? this.#isStampedEarlier(status, nowMs) : isBefore(this.#stayedMs, nowMs, every);
    if (isEarlier && status.size > 0 && !this.#begun.has(periodOf(nowMs, every))) return true;
    this.#stayedMs = nowMs;
    return false;
  }

  /** Another file has the name. */
  forgetFile(): void {
    this.#stayedMs = undefined;
  }

  /** The file of the period that is now has been begun, by us or by another process. */
  noteBegun(): void {
    if (this.#every === undefined) return;
    this.#begun.add(periodOf(Date.now(), this.#every));
    const [oldest] = this.#begun;
    if (this.#begun.size > maxPeriods && oldest !== undefined) this.#begun.delete(oldest);
  }

  #isStampedEarlier({ mtimeMs, birthtimeMs }: FileStatus, nowMs: number): boolean {
    if (this.#every === undefined) return false;
    const times = {
      mtimeMs: this.#clock.ours(mtimeMs),
      birthtimeMs: birthtimeMs > 0 ? this.#clock.ours(birthtimeMs) : 0,
    };
    return isFromEarlierPeriod(times, this.#every, nowMs);
  }
}

function isBefore(ms: number, nowMs: number, every: RollPeriod): boolean {
  return periodOf(ms, every) < periodOf(nowMs, every);
}
