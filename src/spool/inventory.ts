/** What is in the spool's directory, and what of it must go. Pure: no clock, no disk. */
import type { SpoolSettings } from '../config/config.ts';
import { parseSpoolName, writerOfUnfinished } from './spool-name.ts';
import type { FoundName } from './spool-name.ts';

/** Small files take a block of most file systems. */
const blockBytes = 4096;

/** Files for one receiver that a look remembers; the next look finds the rest. */
const mostRemembered = 2000;

/** Something that somebody has begun, and may never end. */
export interface Begun {
  /** As it is in the directory. */
  readonly fileName: string;
  readonly claimant: string;
  /** Undefined: a file that is still being written. */
  readonly found: FoundName | undefined;
}

/** What of a directory is looked for. */
export interface Interest {
  /** Destinations that somebody here sends to. What others have left for theirs, perhaps for ever, must not take the room of these. */
  readonly wanted: ReadonlySet<string>;
  /** Names of files that are not for us. */
  readonly left: ReadonlySet<string>;
}

export interface Stock {
  /** Oldest first, by destination, without those that must go. */
  readonly waiting: Map<string, FoundName[]>;
  /** Destinations of which there are more than `waiting` says. */
  readonly hasMore: ReadonlySet<string>;
  /** Those that are still there of those that are not for us. */
  readonly left: Set<string>;
  readonly expired: readonly FoundName[];
  /** The oldest, until the rest is within the limit. */
  readonly overflowing: readonly FoundName[];
  readonly begun: readonly Begun[];
  /** Of everything that stays. */
  readonly bytes: number;
}

export function roomOf({ bytes }: Pick<FoundName, 'bytes'>): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}

/** Others write between two looks of ours: the limit holds for all together when each stops a little before it. */
export function limitOf({ maxBytes }: SpoolSettings): number {
  return maxBytes - maxBytes / 16;
}

export class Inventory {
  readonly #settings: SpoolSettings;
  readonly #waiting: FoundName[] = [];
  readonly #begun: Begun[] = [];
  #bytes = 0;

  constructor(settings: SpoolSettings) {
    this.#settings = settings;
  }

  /** @param fileName - Anything that the directory has. */
  add(fileName: string): void {
    const found = parseSpoolName(fileName);
    const claimant = found === undefined ? writerOfUnfinished(fileName) : found.claimant;
    if (found !== undefined) this.#bytes += roomOf(found);
    if (claimant !== undefined) this.#begun.push({ fileName, claimant, found });
    else if (found !== undefined) this.#waiting.push(found);
  }

  finish(nowMs: number, interest: Interest): Stock {
    const sorted = this.#waiting.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const oldestMs = nowMs - this.#settings.maxAgeMs;
    const fresh = sorted.findIndex(({ createdMs }) => createdMs >= oldestMs);
    const expired = fresh < 0 ? sorted : sorted.slice(0, fresh);
    const rest = sorted.slice(expired.length);
    let bytes = expired.reduce((sum, each) => sum - roomOf(each), this.#bytes);
    let overflowing = 0;
    for (const each of rest) {
      if (bytes <= limitOf(this.#settings)) break;
      bytes -= roomOf(each);
      overflowing += 1;
    }
    return {
      ...remembered(rest.slice(overflowing), interest),
      expired,
      overflowing: rest.slice(0, overflowing),
      begun: this.#begun,
      bytes,
    };
  }
}

function remembered(
  staying: readonly FoundName[],
  { wanted, left: known }: Interest,
): Pick<Stock, 'waiting' | 'hasMore' | 'left'> {
  const waiting = new Map<string, FoundName[]>();
  const hasMore = new Set<string>();
  const left = new Set<string>();
  for (const each of staying) {
    const { destination, name } = each;
    if (known.has(name)) left.add(name);
    if (!wanted.has(destination) || known.has(name)) continue;
    const those = waiting.get(destination) ?? [];
    waiting.set(destination, those);
    if (those.length < mostRemembered) those.push(each);
    else hasMore.add(destination);
  }
  return { waiting, hasMore, left };
}
