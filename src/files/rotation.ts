/**
 * Gives a full file the name of a backup, once, whatever other processes and threads do at the same time. No step can replace or
 * delete lines: whoever dies in the middle leaves at worst a claim, an empty reserved name, or one small backup.
 *
 *   claim     app.log.rotating.<inode>   made exclusively: one process rolls this file, the others wait for it
 *   reserve   app.7.log                  made exclusively and empty: nobody else gives this name
 *   rename    app.log -> app.7.log       replaces the empty file; the next writer makes app.log anew
 */
import {
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';

import { backupName, numberAfter, parseBackupName } from './backup-name.ts';
import { namesIn } from './backups.ts';
import type { FileClock } from './file-clock.ts';
import { isSameFile, statusAt } from './file-status.ts';
import type { OpenFile } from './open-for-append.ts';
import { codeOf } from '../errors.ts';

/** A claim that old was left behind, whoever holds it; rolling takes less than a millisecond. */
const staleClaimMs = 2000;

const nap = new Int32Array(new SharedArrayBuffer(4));

/** How claims of one log file begin. */
function claimPrefix(target: string): string {
  return `${basename(target)}.rotating.`;
}

/** Whether a name is that of a claim, or of a file by which the clock was asked. */
export function isClaimName(target: string, name: string): boolean {
  const prefix = claimPrefix(target);
  return name.startsWith(prefix) && /^\d+(?:\.clock-\d+-\d+)?$/.test(name.slice(prefix.length));
}

/** How to roll. */
export interface RollRule {
  /** Of the reserved name, until the file takes its place. */
  readonly mode: number;
  /** How long to wait for another process that is at it. */
  readonly patienceMs: number;
  /** Learns the file system's time from the claim. */
  readonly clock: FileClock;
  /** Asked once more when the time is known; undefined when time is not the reason. */
  readonly isDue: (() => boolean) | undefined;
}

/**
 * @returns `rolled`: by us. `moved`: by another process, or it was deleted. `busy`: another process has been at it for too long.
 *   `early`: it was not due, the clocks differ.
 * @throws The system's error when the file cannot be renamed.
 */
export function roll(file: OpenFile, rule: RollRule): 'rolled' | 'moved' | 'busy' | 'early' {
  const claim = join(dirname(file.target), claimPrefix(file.target) + String(file.status.ino));
  const outcome = awaitClaim(claim, file, rule);
  if (outcome !== 'claimed') return outcome;
  try {
    if (hasMoved(file)) return 'moved';
    if (rule.isDue?.() === false) return 'early';
    return moveToBackup(file, rule.mode) ? 'rolled' : 'moved';
  } finally {
    rmSync(claim, { force: true });
  }
}

function awaitClaim(claim: string, file: OpenFile, { patienceMs, clock }: RollRule): 'claimed' | 'moved' | 'busy' {
  const start = performance.now();
  for (;;) {
    if (makeClaim(claim, clock)) return 'claimed';
    if (hasMoved(file)) return 'moved';
    if (isAbandoned(claim, clock)) {
      // Two processes may do this at once, and one remove the other's new claim: then both roll, and one backup is small.
      rmSync(claim, { force: true });
      continue;
    }
    if (performance.now() - start >= patienceMs) return 'busy';
    Atomics.wait(nap, 0, 0, 1);
  }
}

/**
 * A symbolic link, because it has its content from the beginning; a process that is killed while it fills a file leaves an empty one, and nobody
 * knows whose it was.
 */
function makeClaim(claim: string, clock: FileClock): boolean {
  const beforeMs = Date.now();
  if (!makeClaimLink(claim)) return false;
  const stats = lstatSync(claim, { throwIfNoEntry: false });
  if (stats !== undefined) clock.learn(stats.mtimeMs, beforeMs);
  return true;
}

function makeClaimLink(claim: string): boolean {
  try {
    symlinkSync(ownClaim(), claim);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // Windows without the right to make links; file systems that have none.
    if (['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'UNKNOWN'].includes(codeOf(error)))
      return makeClaimFile(claim);
    throw error;
  }
}

function makeClaimFile(claim: string): boolean {
  const fd = openExclusively(claim, 0o600);
  if (fd === undefined) return false;
  try {
    writeSync(fd, ownClaim());
  } finally {
    closeSync(fd);
  }
  return true;
}

function ownClaim(): string {
  return `${hostname()} ${process.pid}`;
}

/** Left by a process that died: of this host and no longer there, or simply too old. */
function isAbandoned(claim: string, clock: FileClock): boolean {
  const stats = lstatSync(claim, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (isStale(stats.mtimeMs, clock)) {
    // Perhaps the clock of the file system is not ours; then a claim in use would look old, and be taken away.
    askClock(`${claim}.clock-${process.pid}-${threadId}`, clock);
    if (isStale(stats.mtimeMs, clock)) return true;
  }
  const [host, pid] = contentOf(claim).split(' ');
  // Other containers on the same volume have another host name, and process ids of their own.
  return host === hostname() && !isAlive(Number(pid));
}

/** Either way: a clock that was set back must not make a claim last. */
function isStale(mtimeMs: number, clock: FileClock): boolean {
  return Math.abs(clock.nowMs() - mtimeMs) > staleClaimMs;
}

function askClock(path: string, clock: FileClock): void {
  try {
    makeClaim(path, clock);
  } finally {
    rmSync(path, { force: true });
  }
}

function contentOf(claim: string): string {
  try {
    return lstatSync(claim).isSymbolicLink() ? readlinkSync(claim) : readFileSync(claim, 'utf8');
  } catch {
    // Given back since, or another user's: its age has to do.
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return codeOf(error) !== 'ESRCH';
  }
}

function hasMoved(file: OpenFile): boolean {
  const status = statusAt(file.target);
  return status === undefined || !isSameFile(status, file.status);
}

function moveToBackup(file: OpenFile, mode: number): boolean {
  const reserved = reserveName(file.target, mode);
  let isDone = false;
  try {
    // Once more, for a claim that was taken from us while we were stopped. Were we stopped right here, a file of few lines would be rolled.
    if (hasMoved(file)) return false;
    renameSync(file.target, reserved);
    isDone = true;
    return true;
  } finally {
    if (!isDone) rmSync(reserved, { force: true });
  }
}

function reserveName(target: string, mode: number): string {
  const directory = dirname(target);
  const numbers = namesIn(directory).map((name) => parseBackupName(basename(target), name)?.number ?? 0);
  let number = numbers.reduce((highest, each) => Math.max(highest, each), 0);
  for (;;) {
    number = numberAfter(number);
    const path = join(directory, backupName(basename(target), number));
    const fd = openExclusively(path, mode);
    if (fd === undefined) continue;
    closeSync(fd);
    return path;
  }
}

/** @returns Undefined when the name exists. */
function openExclusively(path: string, mode: number): number | undefined {
  try {
    return openSync(path, 'wx', mode);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}
