/** Log files of tests: their settings, and what is in a directory of them. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { onTestFinished } from 'vitest';

import type { LogFileSettings } from '../../src/config/config.ts';

/** A directory that is removed when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-files-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** No limits but those given. */
export function settingsOf(path: string, given: Partial<LogFileSettings> = {}): LogFileSettings {
  return {
    path,
    maxBytes: 0,
    rollEvery: undefined,
    keep: { count: undefined, ageMs: undefined, bytes: undefined },
    compresses: false,
    mode: 0o640,
    isSync: false,
    driver: 'reqlens',
    ...given,
  };
}

/** What the files of a directory hold together. */
export interface Tally {
  /** How often each `id:n` is there, whole. */
  readonly counts: ReadonlyMap<string, number>;
  /** Lines that are not what a writer wrote. */
  readonly torn: readonly string[];
  readonly emptyLines: number;
  /** File names and lengths in bytes. */
  readonly files: Readonly<Record<string, number>>;
}

export function tally(directory: string): Tally {
  const counts = new Map<string, number>();
  const torn: string[] = [];
  const files: Record<string, number> = {};
  let emptyLines = 0;
  for (const name of readdirSync(directory)) {
    // Claims are links.
    if (!lstatSync(join(directory, name)).isFile()) continue;
    const raw = readFileSync(join(directory, name));
    files[name] = raw.length;
    const lines = (name.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      const key = keyOf(line);
      if (line === '') emptyLines++;
      else if (key === undefined) torn.push(line.slice(0, 200));
      else counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return { counts, torn, emptyLines, files };
}

function keyOf(line: string): string | undefined {
  const found = /^\{"id":(\d+),"n":(\d+),(?:"pad":"x*",)?"end":1\}$/.exec(line);
  return found === null ? undefined : `${found[1]}:${found[2]}`;
}

/** Numbers of the lines from 0 that are not there exactly once. */
export function notOnce({ counts }: Tally, id: number, lines: number): number[] {
  return Array.from({ length: lines }, (_, n) => n).filter((n) => counts.get(`${id}:${n}`) !== 1);
}
