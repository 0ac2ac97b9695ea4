/**
 * Finds where pieces of tracked requests begin and end, by async hooks and, as narrowly as can be, promise hooks.
 * On only while a tracked request is in flight.
 *
 * Promise hooks slow down every promise of the process, so where Node allows it they are on only during a *window*: from the first
 * tracked piece of a turn of the event loop to the first callback that is not tracked. Inside the window each promise that the
 * request waits for gets a marker: a reaction in front of the request's own, which opens the window again wherever in the life
 * of the process that promise is settled.
 *
 *     tracked callback      others' callbacks        a pool's callback, nobody's        others'
 *     [ await row ]         no promise hooks         settles row: marker, [ request ]   no promise hooks
 *      └ marker on row                                            └ window opens        └ window is closed
 */
import { AsyncLocalStorage, AsyncResource, createHook } from 'node:async_hooks';
import type { AsyncHook } from 'node:async_hooks';
import { promiseHooks } from 'node:v8';

import { patch } from './patch.ts';
import { canLeavePromisesOut, hasAsyncContextFrame } from './runtime-support.ts';
import type { HookOptions } from './runtime-support.ts';
import { Segments } from './segments.ts';
import type { RecordHolder, UsageRecord } from './usage-record.ts';

/** Told of asynchronous resources. */
export interface ResourceWatch {
  readonly created: (asyncId: number, type: string, resource: object) => void;
  /** Its callback is about to run. */
  readonly settled: (asyncId: number) => void;
}

export interface BoundariesParts {
  readonly watch: ResourceWatch;
  /** A fault of ours. Inside a hook it would end the process, inside `run` the request: it is caught everywhere and told here. */
  readonly failed: (error: unknown) => void;
}

/** Windows need both; otherwise async hooks report promises too, for everybody. */
const usesWindows = hasAsyncContextFrame && canLeavePromisesOut;

// As they are before the application can replace them.
const PlainPromise = Promise;
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
const { then } = Promise.prototype;

export class Boundaries {
  readonly #storage = new AsyncLocalStorage<RecordHolder>();
  readonly #segments = new Segments();
  readonly #failed: (error: unknown) => void;
  readonly #hook: AsyncHook;
  readonly #restoreResource: () => void;
  /** Whose piece each callback interrupted, from the outside in; almost always empty. */
  readonly #interrupted: (UsageRecord | undefined)[] = [];
  #isOn = false;
  #isMarking = false;
  #isAside = false;
  #stopWindow: Function | undefined;
  #needPromiseHooks = 0;
  #isCalibrated = false;

  constructor({ watch, failed }: BoundariesParts) {
    this.#failed = failed;
    const options: HookOptions = {
      // oxlint-disable-next-line max-params -- Node's signature; rest parameters would make an array for each resource
      init: (asyncId, type, _triggerId, resource) => this.#guarded(() => watch.created(asyncId, type, resource)),
      before: (asyncId) => {
        this.#guarded(() => watch.settled(asyncId));
        this.#before();
      },
      after: () => this.#enter(this.#interrupted.pop()),
      ...(usesWindows ? { trackPromises: false } : {}),
    };
    this.#hook = createHook(options);
    this.#restoreResource = hasAsyncContextFrame ? this.#patchAsyncResource() : () => {};
  }

  /** Does work of our own in the middle of a piece: its time is not charged, and what it reads is nobody's. */
  readonly aside = (work: () => void): void => {
    this.#isAside = true;
    try {
      this.#segments.aside(work);
    } finally {
      this.#isAside = false;
    }
  };

  /** Whether the hooks are on. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** The tracked request whose context the running code has. */
  readonly owner = (): UsageRecord | undefined => {
    if (!this.#isOn || this.#isAside) return undefined;
    const record = this.#storage.getStore()?.record;
    return record?.isLive === true ? record : undefined;
  };

  switchOn(): void {
    if (this.#isOn) return;
    if (!this.#isCalibrated) this.#segments.calibrate();
    this.#isCalibrated = true;
    this.#isOn = true;
    this.#hook.enable();
  }

  switchOff(): void {
    this.#isOn = false;
    this.#hook.disable();
    this.#needPromiseHooks = 0;
    this.#segments.switchTo(undefined);
    this.#endTurn();
    this.#interrupted.length = 0;
    // Without AsyncContextFrame a storage in use follows every promise until it is told to stop.
    if (!hasAsyncContextFrame) this.#storage.disable();
  }

  /** For good: takes off what was patched when this was made. */
  restore(): void {
    this.switchOff();
    this.#restoreResource();
  }

  /** Runs `work` as a piece of `record`, and everything that it starts. */
  run<Result>(record: UsageRecord, work: () => Result): Result {
    if (!record.isLive || (this.#segments.current === record && this.owner() === record)) return work();
    const interrupted = this.#segments.current;
    this.#enter(record);
    try {
      return this.#storage.run(record.holder, work);
    } finally {
      this.#enter(interrupted);
    }
  }

  /** Charges what the running piece has used until now, if it is this request's. */
  settle(record: UsageRecord): void {
    if (this.#segments.current !== record) return;
    this.#enter(undefined);
    this.#enter(record);
  }

  /** The request has ended, maybe in the middle of its own piece. */
  forget(record: UsageRecord): void {
    if (this.#segments.current === record) this.#enter(undefined);
    if (record.needsPromiseHooks) this.#needPromiseHooks = Math.max(0, this.#needPromiseHooks - 1);
  }

  #enter(record: UsageRecord | undefined): void {
    if (!this.#isOn || record === this.#segments.current) return;
    this.#guarded(() => {
      if (record?.isLive === true) this.#openWindow();
      this.#segments.switchTo(record);
    });
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failed(error);
    }
  }

  #before(): void {
    const isOutermost = this.#interrupted.push(this.#segments.current) === 1;
    const owner = this.owner();
    this.#enter(owner);
    // The turn of the tracked request is over: its promises' continuations ran before this callback.
    if (isOutermost && owner === undefined) this.#guarded(() => this.#endTurn());
  }

  #openWindow(): void {
    if (!usesWindows || this.#stopWindow !== undefined || !this.#isOn) return;
    this.#stopWindow = promiseHooks.createHook({
      init: (promise, parent) => this.#guarded(() => this.#promiseMade(promise, parent)),
      before: () => this.#enter(this.owner()),
      // Continuations run one after the other, never inside each other.
      after: () => this.#enter(undefined),
    });
  }

  #endTurn(): void {
    this.#closeWindow();
    this.#segments.endTurn();
  }

  #closeWindow(): void {
    if (this.#needPromiseHooks > 0) return;
    this.#stopWindow?.();
    this.#stopWindow = undefined;
  }

  /** A reaction on `parent` is about to be added by a tracked request: ours goes in front of it. */
  #promiseMade(promise: Promise<unknown>, parent: Promise<unknown> | undefined): void {
    const record = this.#segments.current;
    if (record === undefined || this.#isMarking) return;
    if (!isPlain(promise) || (parent !== undefined && !isPlain(parent))) this.#keepPromiseHooks(record);
    else if (parent !== undefined) this.#mark(parent, record);
  }

  /** `then` of a subclass would run the application's code, so there is no marker. */
  #keepPromiseHooks(record: UsageRecord): void {
    if (record.needsPromiseHooks) return;
    record.needsPromiseHooks = true;
    this.#needPromiseHooks += 1;
  }

  #mark(parent: Promise<unknown>, { holder }: UsageRecord): void {
    const marker = (): void => {
      if (holder.record !== undefined) this.#guarded(() => this.#openWindow());
    };
    this.#isMarking = true;
    try {
      // The reaction that follows handles a rejection or leaves it to its own promise: this one changes nothing about that.
      void Reflect.apply(then, parent, [marker, marker]);
    } finally {
      this.#isMarking = false;
    }
  }

  /** With AsyncContextFrame `before` comes while the caller's context is still there, so the scope itself is looked at. */
  #patchAsyncResource(): () => void {
    // oxlint-disable-next-line typescript/no-this-alias -- the function below has a `this` of its own
    const boundaries = this;
    return patch(
      AsyncResource.prototype,
      'runInAsyncScope',
      (original) =>
        function runInAsyncScope(work, thisArgument, ...args) {
          if (!boundaries.#isOn || typeof work !== 'function') {
            return Reflect.apply(original, this, [work, thisArgument, ...args]);
          }
          const inScope = (): unknown => {
            const interrupted = boundaries.#segments.current;
            boundaries.#enter(boundaries.owner());
            try {
              return Reflect.apply(work, thisArgument, args);
            } finally {
              boundaries.#enter(interrupted);
            }
          };
          return Reflect.apply(original, this, [inScope]);
        },
    );
  }
}

function isPlain(promise: Promise<unknown>): boolean {
  return Object.getPrototypeOf(promise) === PlainPromise.prototype && !Object.hasOwn(promise, 'constructor');
}
