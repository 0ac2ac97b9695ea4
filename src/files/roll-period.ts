/** Whether a file is from an earlier hour or day (UTC) than now. Pure: no clock, no disk. */
import type { LogFileSettings } from '../config/config.ts';

export type RollPeriod = NonNullable<LogFileSettings['rollEvery']>;

const periodMs: Readonly<Record<RollPeriod, number>> = { hour: 3_600_000, day: 86_400_000 };

/**
 * A kernel stamps files with the time of its last tick, 1-10 ms ago: a file made in the first moment of a day is dated to the end of
 * the day before. Without this tolerance it would be rolled again and again until the tick.
 */
const clockLagMs = 20;

/** The times of a file, as `Stats` has them. */
export interface FileTimes {
  readonly mtimeMs: number;
  /** 0 where the file system does not know it. */
  readonly birthtimeMs: number;
}

/**
 * Each process decides alone, by what the file says; nothing else is remembered. The time of birth counts as well as that of the last
 * line: a line of the new day that a writer was about to write at midnight still lands in the old file, and would make it look new.
 *
 * @param nowMs - Milliseconds since 1970.
 */
export function isFromEarlierPeriod(file: FileTimes, every: RollPeriod, nowMs: number): boolean {
  const { mtimeMs, birthtimeMs } = file;
  const fileMs = birthtimeMs > 0 ? Math.min(mtimeMs, birthtimeMs) + clockLagMs : mtimeMs;
  return periodOf(fileMs, every) < periodOf(nowMs, every);
}

/** @returns The number of the hour or day since 1970 (UTC). */
export function periodOf(ms: number, every: RollPeriod): number {
  return Math.floor(ms / periodMs[every]);
}
