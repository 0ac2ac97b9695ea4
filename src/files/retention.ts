/** Which backups to delete. Pure: no clock, no disk. */
import type { LogKeepLimits } from '../config/config.ts';
import type { Backup } from './backups.ts';

/** Milliseconds after which a reserved name or an unfinished file is taken to be left by a process that died. */
export const abandonedMs = 60_000;

/**
 * Exactly what is beyond a limit, however many were kept before.
 *
 * @param backups - Newest first, as `listBackups` gives them. Reserved names (no bytes) are neither counted nor deleted.
 * @returns Those to delete, newest first; both forms of one that is being compressed.
 */
export function backupsToDelete(backups: readonly Backup[], keep: LogKeepLimits, nowMs: number): Backup[] {
  const kept = new Set<number>();
  let spareBytes = keep.bytes ?? Infinity;
  let isFull = false;
  const deleted: Backup[] = [];
  for (const backup of backups) {
    if (backup.bytes === 0) continue;
    spareBytes -= backup.bytes;
    const isNext = !kept.has(backup.number);
    isFull ||= spareBytes < 0 || (isNext && kept.size >= (keep.count ?? Infinity));
    if (isFull || isTooOld(backup, keep, nowMs)) deleted.push(backup);
    else kept.add(backup.number);
  }
  return deleted;
}

function isTooOld(backup: Backup, keep: LogKeepLimits, nowMs: number): boolean {
  return keep.ageMs !== undefined && nowMs - backup.mtimeMs > keep.ageMs;
}

/**
 * Names that a process reserved and died before it filled them. The highest number is left alone: were it free again, two processes
 * could come to give it, and the later one would replace a backup.
 *
 * @param backups - Newest first.
 */
export function abandonedReservations(backups: readonly Backup[], nowMs: number): Backup[] {
  return backups.slice(1).filter(({ bytes, mtimeMs }) => bytes === 0 && nowMs - mtimeMs > abandonedMs);
}
