/** Makes the spool's directory, and makes sure that nobody else can read or plant what is in it. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../errors.ts';

const directoryMode = 0o700;
const othersMay = 0o077;

/** @throws The system's error, or one that says what is wrong with the directory. */
export function prepareDirectory(path: string): void {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing === undefined) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    makeOwn(path);
  }
  checkDirectory(path);
}

/** Two processes may be at it together. */
function makeOwn(path: string): void {
  try {
    mkdirSync(path, { mode: directoryMode });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * @returns Whether it is there.
 * @throws Error when it is not ours alone.
 */
export function checkDirectory(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (stats.isSymbolicLink()) throw new Error('it is a symbolic link, which is not followed');
  if (!stats.isDirectory()) throw new Error('it is not a directory');
  // Windows has no such owners and modes.
  if (process.geteuid !== undefined) requireOwn(path, stats);
  return true;
}

/** A directory that others may read holds nothing of theirs, and is closed to them; one that they may write may hold what they planted. */
function requireOwn(path: string, { uid, mode }: Stats): void {
  const own = process.geteuid?.();
  if (uid !== own) throw new Error(`it belongs to another user (${uid}), it must be our own (${own})`);
  if ((mode & 0o022) !== 0) throw new Error('other users may write to it, which must not be');
  if ((mode & othersMay) !== 0) chmodSync(path, directoryMode);
}
