/** How long to leave somebody alone who has failed. */
import { nowMs } from '../real-timers.ts';

/** The floor, whatever a receiver says: `Retry-After: 0` made 5,287 requests in 5 s. */
const shortestMs = 1000;
/** A refused connection costs next to nothing, and who starts a collector wants to see something. */
const longestUnreachableMs = 5000;
/** A receiver that answers got a whole batch each time. */
const longestMs = 10_000;
/** A receiver may ask for more, but a slip of a digit must not silence us for a year. */
const longestAskedMs = 300_000;
/** Up to this part is added at random, so that a fleet does not come back as one. */
const jitter = 0.2;

export interface Failure {
  /** When the try began, by `performance.now()`. */
  readonly startMs: number;
  /** What the receiver asked for. */
  readonly afterMs: number | undefined;
  readonly isUnreachable: boolean;
}

export class BackOff {
  #failures = 0;
  #failedMs = Number.NEGATIVE_INFINITY;
  #untilMs = 0;

  /** Failed last time, and did not succeed since. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next try; 0 now. */
  get waitMs(): number {
    return Math.max(0, this.#untilMs - nowMs());
  }

  succeeded(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }

  /** Tries that were under way together fail together, which counts as one. */
  failed({ startMs, afterMs = 0, isUnreachable }: Failure): void {
    if (startMs >= this.#failedMs) this.#failures += 1;
    this.#failedMs = nowMs();
    const ceilingMs = isUnreachable ? longestUnreachableMs : longestMs;
    const ownMs = Math.min(shortestMs * 2 ** (this.#failures - 1), ceilingMs);
    const waitMs = Math.max(ownMs, Math.min(afterMs, longestAskedMs));
    this.#untilMs = Math.max(this.#untilMs, this.#failedMs + waitMs * (1 + Math.random() * jitter));
  }
}
