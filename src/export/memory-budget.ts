/** How much memory everything that waits may take, of all signals together. */
export class MemoryBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;

  /** @param limitBytes - `REQLENS_QUEUE_MAX_MB`. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns Whether there is room; then it is taken. */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** For what is in memory already, in another form; it may go beyond the limit. */
  force(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
