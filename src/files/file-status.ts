/** What the operating system says about a file: enough to tell two files of one name apart. */
import { fstatSync, statSync } from 'node:fs';
import type { BigIntStats, Stats } from 'node:fs';

/** The part of `Stats` that we look at. */
export interface FileStatus {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
  /** Bytes. */
  readonly size: number;
  /** 0: no name refers to the file any more, it is gone when the last process closes it. */
  readonly nlink: number;
  readonly mtimeMs: number;
  /** 0 where the file system does not know it. */
  readonly birthtimeMs: number;
  readonly isFile: () => boolean;
}

/** On Windows a file's number has 64 bits, of which a JavaScript number would round eleven away: neighbours would look the same. */
const needsBigInt = process.platform === 'win32';

/** @returns Undefined when nothing has that name. Follows symbolic links. */
export function statusAt(path: string): FileStatus | undefined {
  if (!needsBigInt) return statSync(path, { throwIfNoEntry: false });
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && narrowed(stats);
}

/** @param fd - An open file. */
export function statusOfOpen(fd: number): FileStatus {
  return needsBigInt ? narrowed(fstatSync(fd, { bigint: true })) : fstatSync(fd);
}

export function isSameFile(one: FileStatus, other: FileStatus): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function narrowed(stats: BigIntStats): FileStatus {
  return {
    dev: stats.dev,
    ino: stats.ino,
    size: Number(stats.size),
    nlink: Number(stats.nlink),
    mtimeMs: Number(stats.mtimeMs),
    birthtimeMs: Number(stats.birthtimeMs),
    isFile: () => stats.isFile(),
  };
}

/** A word for what is not a regular file. */
export function kindOf(stats: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a fifo';
  return stats.isSocket() ? 'a socket' : 'a device';
}
