/** What is known of a receiver from the last answers, and when it is asked again. */
import type { Sent } from './sent.ts';

/** Should a sender not say when to come again. */
const usualPauseMs = 1000;
/** Others who ask the same receiver may be first by a little. */
const shortestPauseMs = 50;

export class ReceiverState {
  #pauseMs = 0;
  #isUnreachable = false;

  /** It did not take the last batch, and has not taken one since. */
  get isAway(): boolean {
    return this.#pauseMs > 0;
  }

  /** Nobody answered: an exit need not wait for it. */
  get isUnreachable(): boolean {
    return this.#isUnreachable;
  }

  /** Until the next try. 0: at once. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** What the probe at the start has found out. */
  markUnreachable(): void {
    this.#isUnreachable = true;
  }

  failed({ afterMs, isUnreachable }: Extract<Sent, { status: 'retry' }>): void {
    this.#pauseMs = Math.max(shortestPauseMs, afterMs ?? usualPauseMs);
    this.#isUnreachable = isUnreachable;
  }

  /** It answered, or there is nothing to ask it with: the next batch will show. */
  forget(): void {
    this.#pauseMs = 0;
  }

  answered(): void {
    this.forget();
    this.#isUnreachable = false;
  }
}
