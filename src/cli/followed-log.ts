/** One log that is followed: first what is there already, to be merged with others, then what comes. */
import type { TimedLine } from './merged-lines.ts';

export interface HistoryEnd {
  /** Lines of a later time are new. */
  readonly startedMs: number;
  /** A log that gives nothing for so long is at its end. It must be longer than its reader sleeps. */
  readonly quietMs: number;
}

/** Every line is in exactly one of the two parts. */
export class FollowedLog {
  readonly #lines: AsyncIterator<TimedLine>;
  /** Asked for, and not given to anybody yet. */
  #next: Promise<IteratorResult<TimedLine>> | undefined;

  constructor(lines: AsyncIterable<TimedLine>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** @yields What was there: it ends at the first line that is new, or when none comes for a while. */
  async *history({ startedMs, quietMs }: HistoryEnd): AsyncGenerator<TimedLine, void, undefined> {
    for (;;) {
      const next = await resolvedWithin(this.#peek(), quietMs);
      if (next === undefined || next.done === true || next.value.timeMs > startedMs) return;
      this.#next = undefined;
      yield next.value;
    }
  }

  /** @yields What `history` left, as it comes; ends with the reader. */
  async *live(): AsyncGenerator<TimedLine, void, undefined> {
    for (;;) {
      const next = await this.#peek();
      if (next.done === true) return;
      this.#next = undefined;
      yield next.value;
    }
  }

  async #peek(): Promise<IteratorResult<TimedLine>> {
    this.#next ??= this.#lines.next();
    return this.#next;
  }
}

/** @returns Undefined when it takes longer. */
async function resolvedWithin<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
