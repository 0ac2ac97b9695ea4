/** Where a log file really is: a symbolic link stays, and what it points to is written and rolled. */
import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../errors.ts';

/** As many as Linux follows (path_resolution(7)). */
const maxLinks = 40;

/**
 * @param path - Absolute. It need not exist.
 * @returns The file behind all links, also when that does not exist yet.
 * @throws The system's error, e.g. ELOOP or EACCES.
 */
export function targetOf(path: string): string {
  let target = path;
  for (let links = 0; links < maxLinks; links++) {
    const real = errorless(() => realpathSync(target));
    if (real !== undefined) return real;
    const link = errorless(() => readlinkSync(target));
    if (link === undefined) return target;
    target = resolve(dirname(target), link);
  }
  return target;
}

/** Undefined for what is not there, or is no link. */
function errorless(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    // UNKNOWN and EINVAL: readlink of what is not a link, on Windows and elsewhere.
    if (['ENOENT', 'EINVAL', 'UNKNOWN'].includes(codeOf(error))) return undefined;
    throw error;
  }
}
