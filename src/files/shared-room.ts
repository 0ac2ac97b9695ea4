/**
 * Keeps a file within its limit though several processes write it. Each looks at the length, then writes; one that the scheduler holds
 * up in between writes to a file that others have filled meanwhile. A lock for each write would cost more than the write. So,
 * while others are seen to write the file, it is full 1/16 before the limit, and a single write is 1/128 of the limit at
 * most: room for the late writes of eight others at once.
 *
 *   0 ............................................ 15/16 ====== limit
 *   anybody writes                                 room for late writes, each 1/128 at most
 */
import type { Room } from './piece.ts';

/** Of one write, while others write too. */
const maxSharedWriteBytes = 65_536;

/** So long others are reckoned with after they were seen: busy processes fill whole files alone while the others wait for a core. */
const othersStayMs = 60_000;
/** The same after the first opening: processes are started together, and who writes the file shows by then. */
const othersMayShowMs = 1000;
/** Below this limit a 128th is less than a line, and nothing is gained by room for some. */
const leastSharedBytes = 16_384;

export class SharedRoom {
  readonly #maxBytes: number;
  /** As `performance.now()` has it. */
  #othersUntilMs = -Infinity;

  /** @param maxBytes - 0: no limit. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes === 0 ? Infinity : maxBytes;
  }

  /** Another writer has written the file, or rolled it. */
  seeOthers(): void {
    this.#othersUntilMs = performance.now() + othersStayMs;
  }

  /** Nobody has been seen yet, because we have only just come. */
  suspectOthers(): void {
    if (this.#maxBytes < leastSharedBytes) return;
    this.#othersUntilMs = Math.max(this.#othersUntilMs, performance.now() + othersMayShowMs);
  }

  /** @param fileBytes - The length of the file now. */
  room(fileBytes: number): Room {
    const limitBytes = this.#maxBytes;
    if (limitBytes === Infinity || performance.now() > this.#othersUntilMs) {
      return { fileBytes, limitBytes, writeBytes: Infinity };
    }
    return {
      fileBytes,
      limitBytes: limitBytes - Math.ceil(limitBytes / 16),
      writeBytes: Math.min(Math.floor(limitBytes / 128), maxSharedWriteBytes),
    };
  }
}
