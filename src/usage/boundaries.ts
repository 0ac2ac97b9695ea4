/**
 * Finds where pieces of tracked requests begin and end: by async hooks, and by promise hooks as narrowly as can be (promise-window.ts).
 * On only while a tracked request is in flight.
 */
import { AsyncLocalStorage, AsyncResource, createHook } from 'node:async_hooks';
import type { AsyncHook } from 'node:async_hooks';

import { guarded, patch } from '../patch.ts';
import { PromiseWindow, usesWindows } from './promise-window.ts';
import { hasAsyncContextFrame } from './runtime-support.ts';
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

// As it is before the application can replace it.
const nextTick = process.nextTick.bind(process);

export class Boundaries {
  readonly #storage = new AsyncLocalStorage<RecordHolder>();
  readonly #segments = new Segments();
  readonly #watch: ResourceWatch;
  readonly #failed: (error: unknown) => void;
  readonly #hook: AsyncHook;
  readonly #window: PromiseWindow;
  #restoreResource: (() => void) | undefined;
  /** Whose piece each callback interrupted, from the outside in; almost always empty. */
  readonly #interrupted: (UsageRecord | undefined)[] = [];
  /** The tick behind the running continuations; 0 when there is none. */
  #turnEndId = 0;
  #isAddingTurnEnd = false;
  /** In the running piece a promise was settled: most likely the next continuation is the same request's. */
  #hasSettled = false;
  #isOn = false;
  #isAside = false;
  #isCalibrated = false;

  constructor({ watch, failed }: BoundariesParts) {
    this.#watch = watch;
    this.#failed = failed;
    const options: HookOptions = {
      // oxlint-disable-next-line max-params -- Node's signature; rest parameters would make an array for each resource
      init: (asyncId, type, _triggerId, resource) => {
        try {
          if (this.#isAddingTurnEnd && type === 'TickObject') this.#turnEndId = asyncId;
          else watch.created(asyncId, type, resource);
        } catch (error) {
          failed(error);
        }
      },
      before: (asyncId) => {
        try {
          this.#before(asyncId);
        } catch (error) {
          failed(error);
        }
      },
      after: () => this.#enter(this.#interrupted.pop()),
      ...(usesWindows ? { trackPromises: false } : {}),
    };
    this.#hook = createHook(options);
    this.#window = new PromiseWindow({
      current: () => this.#segments.current,
      before: () => this.#enter(this.owner()),
      after: () => this.#continued(),
      settled: () => {
        this.#hasSettled = true;
      },
      failed,
    });
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
    // Not before: in an application that never tracks anything each stack trace through it would have a frame of ours.
    // It stays, because taking it off and on again would pile up when somebody else patches it in between.
    if (hasAsyncContextFrame) this.#restoreResource ??= this.#patchAsyncResource();
    this.#window.switchOn();
    this.#hook.enable();
  }

  switchOff(): void {
    this.#isOn = false;
    this.#hook.disable();
    this.#segments.switchTo(undefined);
    this.#window.switchOff();
    this.#segments.endTurn();
    this.#interrupted.length = 0;
    this.#turnEndId = 0;
    // Without AsyncContextFrame a storage in use follows every promise until it is told to stop.
    if (!hasAsyncContextFrame) this.#storage.disable();
  }

  /** For good: takes off what was patched. */
  restore(): void {
    this.switchOff();
    this.#restoreResource?.();
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

  /** Charges what the running or paused piece has used until now, if it is this request's. */
  settle(record: UsageRecord): void {
    const { current } = this.#segments;
    if (current !== undefined && current !== record) return;
    this.#enter(undefined);
    this.#enter(current);
  }

  /** The request has ended, maybe in the middle of its own piece. */
  forget(record: UsageRecord): void {
    const { current } = this.#segments;
    if (current === undefined || current === record) this.#enter(undefined);
    this.#window.forget(record);
  }

  #enter(record: UsageRecord | undefined): void {
    const segments = this.#segments;
    if (!this.#isOn || (record === segments.current && !segments.isPaused)) return;
    try {
      if (record?.isLive === true) this.#window.open();
      segments.switchTo(record);
    } catch (error) {
      this.#failed(error);
    }
  }

  #before(asyncId: number): void {
    if (asyncId === this.#turnEndId) {
      this.#endContinuations();
      return;
    }
    const isOutermost = this.#interrupted.push(this.#segments.current) === 1;
    this.#watch.settled(asyncId);
    const owner = this.owner();
    this.#enter(owner);
    // The turn of the tracked request is over: its promises' continuations ran before this callback.
    if (isOutermost && owner === undefined) this.#endTurn();
  }

  /** A continuation has ended. */
  #continued(): void {
    const { current, hasGoneOn } = this.#segments;
    if (current !== undefined && (this.#hasSettled || hasGoneOn)) this.#pause();
    else this.#enter(undefined);
    this.#hasSettled = false;
  }

  /** A tick that is added by a continuation runs when the last continuation has: before the event loop goes on. */
  #pause(): void {
    try {
      if (this.#turnEndId === 0) this.#addTurnEnd();
      // Without its id nobody would end the pause.
      if (this.#turnEndId === 0) this.#enter(undefined);
      else this.#segments.pause();
    } catch (error) {
      this.#failed(error);
    }
  }

  #addTurnEnd(): void {
    this.#isAddingTurnEnd = true;
    try {
      nextTick(doNothing);
    } finally {
      this.#isAddingTurnEnd = false;
    }
  }

  /** Ours, so it is no piece of the request that it was added by. */
  #endContinuations(): void {
    this.#turnEndId = 0;
    this.#interrupted.push(undefined);
    this.#enter(undefined);
  }

  #endTurn(): void {
    this.#window.close();
    this.#segments.endTurn();
  }

  /** With AsyncContextFrame `before` comes while the caller's context is still there, so the scope itself is looked at. */
  #patchAsyncResource(): () => void {
    const place = 'async_hooks.AsyncResource.prototype.runInAsyncScope';
    const scopeOf = guarded(place, (args: readonly unknown[]) => this.#scopeOf(args), this.#failed);
    return patch(
      { target: AsyncResource.prototype, name: 'runInAsyncScope', place },
      (original) =>
        function runInAsyncScope(...args) {
          const inScope = scopeOf(args);
          return Reflect.apply(original, this, inScope === undefined ? args : [inScope]);
        },
    );
  }

  /** The work as a piece of the request whose scope it runs in; undefined while nothing is tracked. */
  #scopeOf([work, thisArgument, ...args]: readonly unknown[]): (() => unknown) | undefined {
    if (!this.#isOn || typeof work !== 'function') return undefined;
    return () => {
      const interrupted = this.#segments.current;
      this.#enter(this.owner());
      try {
        return Reflect.apply(work, thisArgument, args);
      } finally {
        this.#enter(interrupted);
      }
    };
  }
}

function doNothing(): void {}
