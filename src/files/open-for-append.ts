/** Opens a log file for appending, and makes it and its directory when they are not there. Never blocks, never opens what is not a regular file. */
import { closeSync, constants, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { kindOf, statusOfOpen } from './file-status.ts';
import type { FileStatus } from './file-status.ts';
import { codeOf } from '../errors.ts';
import { trustedTargetOf } from './trusted-links.ts';

/** A log file that is open. */
export interface OpenFile {
  readonly fd: number;
  /** With all links resolved: what is renamed, and beside which the backups are. */
  readonly target: string;
  /** When it was opened. */
  readonly status: FileStatus;
}

const directoryMode = 0o750;

// Reading is needed for the last byte: is the last line whole? O_NONBLOCK, which Windows does not have: a fifo that took the name
// between our look and the opening must not hold us. O_NOFOLLOW, likewise: a link that took it.
const flags = constants.O_RDWR | constants.O_APPEND | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Others may make or delete the file between two steps of ours; this often in a row they do not. */
const maxTries = 8;

/**
 * @param mode - Of the file, if it has to be made; the process's umask takes nothing from it.
 * @throws The system's error, or an Error that says what has the name instead of a regular file.
 */
export function openForAppend(path: string, mode: number): OpenFile {
  for (let tries = 1; tries < maxTries; tries++) {
    try {
      return opened(path, mode);
    } catch (error) {
      makeWay(path, error);
    }
  }
  return opened(path, mode);
}

/** ENOENT: no directory. EEXIST: another process was faster. The system's other errors would come again. */
function makeWay(path: string, error: unknown): void {
  if (!['ENOENT', 'EEXIST'].includes(codeOf(error))) throw error;
  mkdirSync(dirname(trustedTargetOf(path)), { recursive: true, mode: directoryMode });
}

function opened(path: string, mode: number): OpenFile {
  const target = trustedTargetOf(path);
  const existing = statSync(target, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) throw notRegular(kindOf(existing));
  // O_EXCL tells us that the file is ours, and its mode ours to set.
  const fd = existing === undefined ? created(target, mode) : openSync(target, flags);
  const status = statusOfOpen(fd);
  if (status.isFile()) return { fd, target, status };
  closeSync(fd);
  throw notRegular('none now');
}

function created(target: string, mode: number): number {
  const fd = openSync(target, flags | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    fchmodSync(fd, mode);
  } catch (error) {
    // Some file systems (FAT, network shares) have no modes: the file is as good as it gets.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EINVAL'].includes(codeOf(error))) throw closedAfter(fd, error);
  }
  return fd;
}

function closedAfter(fd: number, error: unknown): unknown {
  closeSync(fd);
  return error;
}

function notRegular(kind: string): Error {
  return new Error(`it must be a regular file, and it is ${kind}`);
}
