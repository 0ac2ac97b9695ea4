/** Deletes backups beyond the limits, and what dead processes left behind. The only code that deletes files of a log. */
import { lstatSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { LogKeepLimits } from '../config/config.ts';
import { parseBackupName } from './backup-name.ts';
import { listBackups, namesIn } from './backups.ts';
import { abandonedMs, abandonedReservations, backupsToDelete } from './retention.ts';
import { isClaimName } from './rotation.ts';

/** Of a backup that is being compressed. */
export const unfinishedSuffix = '.gz.part';

/**
 * Several processes may prune at once: each deletes at most what is beyond the limits, and what another has deleted is no error.
 *
 * @param target - The current file, links resolved.
 * @param nowMs - By the clock that stamps the files. Milliseconds since 1970.
 * @returns What could not be deleted; empty when all went well.
 * @throws The system's error when the directory cannot be read.
 */
export function prune(target: string, keep: LogKeepLimits, nowMs: number): Error[] {
  const backups = listBackups(target);
  const paths = [...backupsToDelete(backups, keep, nowMs), ...abandonedReservations(backups, nowMs)].map(
    ({ path }) => path,
  );
  return [...paths, ...leftovers(target, nowMs)].flatMap(deleted);
}

function leftovers(target: string, nowMs: number): string[] {
  const directory = dirname(target);
  const names = namesIn(directory).filter((name) => isLeftoverName(basename(target), name));
  return names.map((name) => join(directory, name)).filter((path) => isAbandoned(path, nowMs));
}

function isLeftoverName(fileName: string, name: string): boolean {
  if (isClaimName(fileName, name)) return true;
  if (!name.endsWith(unfinishedSuffix)) return false;
  return parseBackupName(fileName, name.slice(0, -unfinishedSuffix.length))?.isCompressed === false;
}

function isAbandoned(path: string, nowMs: number): boolean {
  // Not what a link points to: claims are links to nowhere.
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && nowMs - stats.mtimeMs > abandonedMs;
}

function deleted(path: string): Error[] {
  try {
    rmSync(path, { force: true });
    return [];
  } catch (error) {
    return [error instanceof Error ? error : new Error(String(error))];
  }
}
