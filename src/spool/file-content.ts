/** Reads the file that a batch is in, and tells one that is no good from a system that cannot read it at the moment. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

import { OtherVersion } from './spool-file.ts';

const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @throws The system's error, or one that says what the path leads to. */
export async function contentOf(path: string): Promise<Buffer> {
  const file = await open(path, readFlags);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is not a regular file');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The same for an exit. */
export function contentNow(path: string): Buffer {
  const fd = openSync(path, readFlags);
  try {
    if (!fstatSync(fd).isFile()) throw new Error('it is not a regular file');
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * `gone`: somebody has removed it. `other version`: another reqlens knows what is in it. `system`: there are no descriptors left, or no
 * memory, or the disk fails; the file may be as good as ever.
 */
export type WhyUnread = 'damaged' | 'gone' | 'other version' | 'system';

/** What the system says of something that is no file of ours, but a link, a socket or a directory. */
const notOurs: ReadonlySet<unknown> = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'EISDIR']);

/** @param error - Of `contentOf`, or of what takes its content apart. */
export function whyUnread(error: unknown): WhyUnread {
  if (error instanceof OtherVersion) return 'other version';
  // Errors of compression have a code as well, but no system call.
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return 'damaged';
  if (error.code === 'ENOENT') return 'gone';
  return notOurs.has(error.code) ? 'damaged' : 'system';
}
