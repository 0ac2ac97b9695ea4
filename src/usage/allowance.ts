/** How many requests are measured on suspicion: for callers who may turn out to have no right to see it. Pure, but for its clock. */
import { wallMs } from './clocks.ts';

export interface AllowanceRule {
  /** As many at once when nothing was taken for a minute, and as many anew each minute, one by one. 0: none, ever. */
  readonly perMinute: number;
  /** Called once, when one is refused for the first time. */
  readonly onFirstRefusal: () => void;
  /** Milliseconds; only differences mean something, and it never goes back. Default: this process's. */
  readonly nowMs?: () => number;
}

/** Makes what was taken as good as never taken. Only its first call does something. */
export type GiveBack = () => void;

/** A bucket that is full at the start. What is taken and not given back is spent; nobody has to say so, so none can be held for ever. */
export class Allowance {
  readonly #rule: Required<AllowanceRule>;
  #left: number;
  #filledAtMs: number;
  #hasRefused = false;

  constructor({ nowMs = wallMs, ...rule }: AllowanceRule) {
    this.#rule = { ...rule, nowMs };
    this.#left = rule.perMinute;
    this.#filledAtMs = nowMs();
  }

  /** @returns Undefined when none is left. */
  take(): GiveBack | undefined {
    this.#refill();
    if (this.#left < 1) {
      this.#refuse();
      return undefined;
    }
    this.#left -= 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.#add(1);
      isTaken = false;
    };
  }

  #refill(): void {
    const { perMinute } = this.#rule;
    const nowMs = this.#rule.nowMs();
    this.#add(((nowMs - this.#filledAtMs) * perMinute) / 60_000);
    this.#filledAtMs = nowMs;
  }

  #add(count: number): void {
    this.#left = Math.min(this.#rule.perMinute, this.#left + count);
  }

  #refuse(): void {
    if (this.#hasRefused) return;
    this.#hasRefused = true;
    this.#rule.onFirstRefusal();
  }
}
