/** Reads a log as one: its backups, compressed ones too, then the current file, and what is appended while it is rolled. */
import { setTimeout as pause } from 'node:timers/promises';

import { listBackups } from './backups.ts';
import type { Backup } from './backups.ts';
import { statusAt } from './file-status.ts';
import { LogCursor } from './log-cursor.ts';
import { targetOf } from './target-path.ts';

/** How `followLines` goes on. */
export interface FollowOptions {
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks. Default 250. */
  readonly pollMs?: number;
  /** Gives the lines that are there already, backups first. Default: only new ones. */
  readonly fromStart?: boolean;
}

/**
 * @param path - Of the current file, absolute.
 * @returns Absolute paths, oldest first; the current file, if it exists, is the last one. Empty when nothing was written yet.
 */
export async function listLogFiles(path: string): Promise<readonly string[]> {
  const target = targetOf(path);
  const backups = listBackups(target).toReversed();
  const files = backups.filter((backup) => !hasPlainForm(backup, backups)).map((backup) => backup.path);
  return statusAt(target) === undefined ? files : [...files, target];
}

/** While a backup is being compressed, both forms hold the same lines. */
function hasPlainForm(backup: Backup, all: readonly Backup[]): boolean {
  return backup.isCompressed && all.some((other) => other.number === backup.number && !other.isCompressed);
}

/**
 * @param path - Of the current file, absolute.
 * @yields All lines, oldest first, without line breaks; empty lines are left out. A last line without a line break is given too. A
 * line that a full disk or a killed writer cut is given as it is.
 * @throws What the system says when a file cannot be read.
 */
export async function* readLines(path: string): AsyncIterable<string> {
  const cursor = new LogCursor(path, false);
  try {
    yield* cursor.newLines();
    yield* cursor.rests();
  } finally {
    await cursor.close();
  }
}

/**
 * @param path - Of the current file, absolute. It need not exist yet.
 * @yields New lines as they come, each once, also when the file is rolled, deleted or made again, until the signal says to stop. A line
 * is given when its line break has come. Order is that of the files; lines of one file are in its order.
 * @throws What the system says when a file cannot be read.
 */
export async function* followLines(path: string, options: FollowOptions): AsyncIterable<string> {
  const { signal, pollMs = 250, fromStart = false } = options;
  const cursor = new LogCursor(path, true);
  try {
    if (!fromStart) await cursor.skipToEnd();
    while (!signal.aborted) {
      yield* cursor.newLines();
      // Rejects only when the signal comes, which the condition above sees.
      await pause(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await cursor.close();
  }
}
