/** What is known of one receiver, for all that send to it: while it is away it is asked by one batch at a time, and seldom. */
import { BackOff } from './back-off.ts';
import { nowMs } from '../real-timers.ts';
import type { Sent } from './sent.ts';

type Retry = Extract<Sent, { status: 'retry' }>;

export class Circuit {
  readonly #backOff = new BackOff();
  #last: Retry | undefined;
  /** Somebody finds out whether the receiver is back. */
  #probe: Promise<void> | undefined;

  /** Milliseconds until it may be asked; 0 now, or as soon as the one who asks has an answer. */
  get waitMs(): number {
    return this.#backOff.waitMs;
  }

  /** @returns What the action came to; without it, the last failure while it is not yet time for another try. */
  async run(action: () => Promise<Sent>): Promise<Sent> {
    // oxlint-disable-next-line no-await-in-loop -- after each probe somebody else may be first
    while (this.#probe !== undefined) await this.#probe;
    const { waitMs } = this;
    if (waitMs > 0 && this.#last !== undefined) return { ...this.#last, afterMs: waitMs };
    if (!this.#backOff.isFailing) return this.#settled(action);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#probe = promise;
    try {
      return await this.#settled(action);
    } finally {
      this.#probe = undefined;
      resolve();
    }
  }

  async #settled(action: () => Promise<Sent>): Promise<Sent> {
    const startMs = nowMs();
    const sent = await action();
    if (sent.status !== 'retry') {
      this.#backOff.succeeded();
      this.#last = undefined;
      return sent;
    }
    this.#backOff.failed({ startMs, afterMs: sent.afterMs, isUnreachable: sent.isUnreachable });
    this.#last = sent;
    return { ...sent, afterMs: this.waitMs };
  }
}

const circuits = new Map<string, Circuit>();

/** One for all signals; there are at most as many receivers as signals. */
export function circuitFor(origin: string): Circuit {
  const known = circuits.get(origin);
  if (known !== undefined) return known;
  const circuit = new Circuit();
  circuits.set(origin, circuit);
  return circuit;
}
