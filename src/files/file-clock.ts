/** The clock by which files are stamped. On a network share it is another machine's, and may be hours from ours. */

/** A look that took longer says little: the process was stopped in between, or a clock was set. */
const longestLookMs = 1000;

/** What was learned from the last file that we made or wrote. Starts with the belief that both clocks are one. */
export class FileClock {
  /** How far our clock is before the other; negative when it is behind. Milliseconds. */
  #aheadMs = 0;

  /**
   * @param stampMs - Of a file that was made or written between two looks at our own clock.
   * @param beforeMs - The first of them, as `Date.now()` has it; the second is taken here.
   */
  learn(stampMs: number, beforeMs: number): void {
    const afterMs = Date.now();
    if (afterMs < beforeMs || afterMs - beforeMs > longestLookMs) return;
    if (stampMs < beforeMs) this.#aheadMs = beforeMs - stampMs;
    else this.#aheadMs = Math.min(0, afterMs - stampMs);
  }

  /** The time at which a file written now would be stamped. Milliseconds since 1970. */
  nowMs(): number {
    return Date.now() - this.#aheadMs;
  }

  /** @returns When that was by our own clock. */
  ours(stampMs: number): number {
    return stampMs + this.#aheadMs;
  }
}
