/**
 * Follows symbolic links on the way to a log file, but none that another user can have planted: what is logged would go into, or
 * through our rights over, a file of his choice. The same question as the kernel's fs.protected_symlinks asks
 * (https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-symlinks), for every directory and not for sticky ones alone.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';

import { targetOf } from './target-path.ts';

/** As many as Linux follows (path_resolution(7)). */
const maxLinks = 40;

const writableByAll = 0o002;
const sticky = 0o1000;
const root = 0;

/**
 * @param path - Absolute. It need not exist.
 * @returns The file behind all links, also when that does not exist yet.
 * @throws Error that names the link, its owner or its directory's permissions; or the system's error, e.g. EACCES.
 */
export function trustedTargetOf(path: string): string {
  // Windows: links need a privilege there, and files have no owner that Node could tell.
  if (process.geteuid === undefined) return targetOf(path);
  let { root: resolved } = parse(path);
  let names = namesOf(path);
  for (let links = 0; names.length > 0;) {
    const [name = '', ...rest] = names;
    const next = name === '..' ? dirname(resolved) : join(resolved, name);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) return join(next, ...rest);
    names = rest;
    if (!stats.isSymbolicLink()) {
      resolved = next;
      continue;
    }
    links++;
    if (links > maxLinks) throw new Error(`there are more than ${maxLinks} symbolic links on the way to it`);
    requireTrusted(next, stats, lstatSync(resolved));
    const target = readlinkSync(next);
    if (target.startsWith(sep)) ({ root: resolved } = parse(target));
    names = [...namesOf(target), ...rest];
  }
  return resolved;
}

function namesOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== '' && name !== '.');
}

function requireTrusted(link: string, { uid }: Stats, directory: Stats): void {
  const own = process.geteuid?.();
  if (uid !== own && uid !== root) {
    throw new Error(
      `the symbolic link ${link} belongs to another user (${uid}), it must be our own (${own}) or root's`,
    );
  }
  if ((directory.mode & writableByAll) !== 0 && (directory.mode & sticky) === 0) {
    throw new Error(
      `the symbolic link ${link} is in a directory that every user may change, which must have the sticky bit or other permissions`,
    );
  }
}
