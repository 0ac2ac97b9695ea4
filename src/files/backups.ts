/** Finds a log file's backups on disk. Looks only; what is not a regular file with a name of ours does not exist for it. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { parseBackupName } from './backup-name.ts';
import type { BackupName } from './backup-name.ts';
import { codeOf } from '../errors.ts';

/** One backup as it lies on disk. */
export interface Backup extends BackupName {
  readonly path: string;
  /** 0: a name that some process has reserved, or died over. */
  readonly bytes: number;
  /** Of the last line. */
  readonly mtimeMs: number;
}

/**
 * @param path - Of the current file, links resolved.
 * @returns Newest first. While a backup is being compressed both forms may be there, the plain one first. Empty when there is no such directory.
 */
export function listBackups(path: string): Backup[] {
  const directory = dirname(path);
  const found: Backup[] = [];
  for (const name of namesIn(directory)) {
    const parsed = parseBackupName(basename(path), name);
    const backup = parsed && regularFile(join(directory, name), parsed);
    if (backup !== undefined) found.push(backup);
  }
  return found.toSorted(
    (one, other) => other.number - one.number || Number(one.isCompressed) - Number(other.isCompressed),
  );
}

/** The names of a directory; none when it does not exist. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function regularFile(path: string, name: BackupName): Backup | undefined {
  // Another process may have deleted it since; a link or a directory of that name is somebody else's.
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? { ...name, path, bytes: stats.size, mtimeMs: stats.mtimeMs } : undefined;
}
