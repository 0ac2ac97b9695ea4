/** Names of backups: `publish_sync.log` is kept as `publish_sync.7.log`, compressed `publish_sync.7.log.gz`. Pure: no disk. */
import { extname } from 'node:path';

/** What the name of a backup says. */
export interface BackupName {
  /** From 1; a higher one is newer. A closed file keeps its number for ever. */
  readonly number: number;
  readonly isCompressed: boolean;
}

/** Of up to seven digits, then of nine: names with eight (`app.20261123.log`) are dates that others wrote, and never ours. */
const lastOfSevenDigits = 9_999_999;
const firstOfNineDigits = 100_000_000;
const numberPattern = /^[1-9](?:\d{0,6}|\d{8})$/;

/** @param fileName - Of the current file, without its directory. */
export function backupName(fileName: string, number: number): string {
  const { stem, extension } = partsOf(fileName);
  return `${stem}.${number}${extension}`;
}

/** The name that a backup gets when it is compressed. */
export function compressedName(name: string): string {
  return `${name}.gz`;
}

/**
 * @param fileName - Of the current file, without its directory.
 * @param candidate - Any name in its directory.
 * @returns Undefined when `candidate` is not a name that we would give.
 */
export function parseBackupName(fileName: string, candidate: string): BackupName | undefined {
  const { stem, extension } = partsOf(fileName);
  for (const [ending, isCompressed] of [
    [extension, false],
    [compressedName(extension), true],
  ] as const) {
    if (!candidate.startsWith(`${stem}.`) || !candidate.endsWith(ending)) continue;
    const digits = candidate.slice(stem.length + 1, candidate.length - ending.length);
    if (numberPattern.test(digits)) return { number: Number(digits), isCompressed };
  }
  return undefined;
}

/** @param last - The highest number in use; 0 when there is none. */
export function numberAfter(last: number): number {
  return last === lastOfSevenDigits ? firstOfNineDigits : last + 1;
}

function partsOf(fileName: string): { readonly stem: string; readonly extension: string } {
  const extension = extname(fileName);
  return { stem: fileName.slice(0, fileName.length - extension.length), extension };
}
