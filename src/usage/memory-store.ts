/** Keeps usage in this process: so many entries, each for so long. */
import type { Kept, UsageStore } from './store.ts';

export interface MemoryLimits {
  readonly maxEntries: number;
  readonly ttlMs: number;
}

interface Entry {
  readonly json: string;
  readonly untilMs: number;
}

export class MemoryStore implements UsageStore {
  readonly #limits: MemoryLimits;
  /** Oldest first: each entry lives equally long, so what is over stands at the front. */
  readonly #entries = new Map<string, Entry>();

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  readonly put = (requestId: string, json: string): void => {
    this.#entries.delete(requestId);
    this.#makeRoom();
    this.#entries.set(requestId, { json, untilMs: Date.now() + this.#limits.ttlMs });
  };

  /** The same at once. */
  peek(requestId: string): { readonly json: string; readonly leftMs: number } | undefined {
    const entry = this.#entries.get(requestId);
    if (entry === undefined) return undefined;
    const leftMs = entry.untilMs - Date.now();
    if (leftMs > 0) return { json: entry.json, leftMs };
    this.#entries.delete(requestId);
    return undefined;
  }

  readonly get = async (requestId: string): Promise<Kept> => {
    const entry = this.peek(requestId);
    return entry === undefined ? { status: 'unknown' } : { status: 'found', json: entry.json };
  };

  readonly close = (): void => this.#entries.clear();

  #makeRoom(): void {
    const now = Date.now();
    for (const [requestId, { untilMs }] of this.#entries) {
      if (untilMs > now && this.#entries.size < this.#limits.maxEntries) return;
      this.#entries.delete(requestId);
    }
  }
}
