/**
 * Promise hooks, on as narrowly as can be: they slow down every promise of the process. Where Node allows it they are on only during a *window*: from the
 * first tracked piece of a turn of the event loop to the first callback that is not tracked. Inside the window each promise that the
 * request waits for gets a marker: a reaction in front of the request's own, which opens the window again wherever in the life
 * of the process that promise is settled.
 *
 *     tracked callback      others' callbacks        a pool's callback, nobody's        others'
 *     [ await row ]         no promise hooks         settles row: marker, [ request ]   no promise hooks
 *      └ marker on row                                            └ window opens        └ window is closed
 */
import { promiseHooks } from 'node:v8';

import { canLeavePromisesOut, hasAsyncContextFrame } from './runtime-support.ts';
import type { UsageRecord } from './usage-record.ts';

/** Windows need both; otherwise async hooks report promises too, for everybody. */
export const usesWindows: boolean = hasAsyncContextFrame && canLeavePromisesOut;

// As they are before the application can replace them.
const PlainPromise = Promise;
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
const { then } = Promise.prototype;

export interface PromiseWindowParts {
  /** Whose piece is running. */
  readonly current: () => UsageRecord | undefined;
  /** A continuation is about to run. They run one after the other, never inside each other. */
  readonly before: () => void;
  readonly after: () => void;
  /** A promise was resolved or rejected, so that what waits for it can go on. */
  readonly settled: () => void;
  /** A fault of ours must not reach V8. */
  readonly failed: (error: unknown) => void;
}

export class PromiseWindow {
  readonly #parts: PromiseWindowParts;
  #stop: Function | undefined;
  #isMarking = false;
  #isOn = false;
  /** Requests whose promises cannot be marked. */
  #needed = 0;

  constructor(parts: PromiseWindowParts) {
    this.#parts = parts;
  }

  /** From now on it may be opened. */
  switchOn(): void {
    this.#isOn = usesWindows;
  }

  open(): void {
    if (!this.#isOn || this.#stop !== undefined) return;
    const { before, after, settled } = this.#parts;
    this.#stop = promiseHooks.createHook({
      init: (promise, parent) => this.#made(promise, parent),
      before,
      after,
      settled,
    });
  }

  /** Unless somebody needs it open. */
  close(): void {
    if (this.#needed > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  /** The request has ended. */
  forget({ needsPromiseHooks }: UsageRecord): void {
    if (needsPromiseHooks) this.#needed = Math.max(0, this.#needed - 1);
  }

  /** Nobody is tracked any more: markers that are still somewhere do nothing. */
  switchOff(): void {
    this.#isOn = false;
    this.#needed = 0;
    this.close();
  }

  /** A reaction on `parent` is about to be added by a tracked request: ours goes in front of it. */
  #made(promise: Promise<unknown>, parent: Promise<unknown> | undefined): void {
    if (this.#isMarking) return;
    try {
      const record = this.#parts.current();
      if (record === undefined) return;
      if (!isPlain(promise) || (parent !== undefined && !isPlain(parent))) this.#keepOpen(record);
      else if (parent !== undefined) this.#mark(parent, record);
    } catch (error) {
      this.#parts.failed(error);
    }
  }

  /** `then` of a subclass would run the application's code, so there is no marker. */
  #keepOpen(record: UsageRecord): void {
    if (record.needsPromiseHooks) return;
    record.needsPromiseHooks = true;
    this.#needed += 1;
  }

  #mark(parent: Promise<unknown>, { holder }: UsageRecord): void {
    const marker = (): void => {
      if (holder.record !== undefined) this.#openAgain();
    };
    this.#isMarking = true;
    try {
      // The reaction that follows handles a rejection or leaves it to its own promise: this one changes nothing about that.
      void Reflect.apply(then, parent, [marker, marker]);
    } finally {
      this.#isMarking = false;
    }
  }

  #openAgain(): void {
    try {
      this.open();
    } catch (error) {
      this.#parts.failed(error);
    }
  }
}

function isPlain(promise: Promise<unknown>): boolean {
  return Object.getPrototypeOf(promise) === PlainPromise.prototype && !Object.hasOwn(promise, 'constructor');
}
