/**
 * Hears of the end of the process or thread after everybody else, and without being seen: libraries count the listeners of a signal to
 * decide whether to end the process themselves. Every way out that leads through JavaScript is here: the event loop that runs
 * dry, `process.exit` from wherever it is called, `reallyExit`, `abort`, `execve`, a signal to oneself, an error that nobody takes.
 */
import { guarded, patch, undoAll } from '../patch.ts';
import { isSignal, Signals } from './signals.ts';
import { watchWaysOut } from './ways-out.ts';

export interface EndWatcher {
  /**
   * Nothing asynchronous runs any more. Called after the last `exit` listener, and again at the very end, for what came after
   * that: there may be nothing new then.
   */
  readonly onExit: () => void;
  /** A signal came that the application does not listen to. When the promise resolves `onExit` is called, and the process ends by it. */
  readonly onSignal: () => Promise<void>;
  /** A signal came that the application handles. */
  readonly onHandledSignal: () => void;
  /** Nobody caught an error. Called before anybody who could still take it. */
  readonly onUncaught?: (error: unknown) => void;
  /**
   * Nobody took it either. Called before `onExit`.
   *
   * @param origin - `uncaughtException` or `unhandledRejection`.
   */
  readonly onFatal?: (error: unknown, origin: string) => void;
}

export interface EndWatch {
  /** There is something to lose from here on: signals that would end the process come to us first. May be called often. */
  readonly watchSignals: () => void;
  /** Leaves no trace. */
  readonly stop: () => void;
}

export function watchEnd(watcher: EndWatcher): EndWatch {
  const watch = new Watch(watcher);
  return { watchSignals: () => watch.watchSignals(), stop: () => watch.stop() };
}

interface Uncaught {
  readonly error: unknown;
  readonly origin: string;
}

/** As it is before the application can replace it. */
const kill = process.kill.bind(process);

class Watch {
  readonly #watcher: EndWatcher;
  readonly #signals = new Signals();
  readonly #undo: (() => void)[] = [];
  #uncaught: Uncaught | undefined;
  #isOn = true;
  #isEnding = false;
  #exitDepth = 0;
  /** Set while a signal ends the process: a second one has no patience. */
  #hurry: (() => void) | undefined;
  #outermost: unknown;

  constructor(watcher: EndWatcher) {
    this.#watcher = watcher;
    const end = (): void => this.#end();
    this.#undo.push(this.#watchEmit(), this.#watchErrors());
    this.#outermost = Reflect.get(process, 'emit');
    this.#undo.push(watchWaysOut({ end, letSignalsThrough: () => this.#signals.close() }));
  }

  watchSignals(): void {
    if (this.#isOn) this.#signals.open();
  }

  stop(): void {
    this.#isOn = false;
    this.#signals.close();
    undoAll(this.#undo)();
  }

  /** Several ways lead here for one end, and what the last telemetry sets off may as well. */
  #end(): void {
    if (!this.#isOn || this.#isEnding) return;
    this.#isEnding = true;
    const uncaught = this.#uncaught;
    this.#uncaught = undefined;
    try {
      if (uncaught !== undefined) this.#watcher.onFatal?.(uncaught.error, uncaught.origin);
      this.#watcher.onExit();
    } finally {
      this.#isEnding = false;
    }
  }

  /** `finally` keeps the place of the error that Node shows on stderr; catching and throwing again would name this file. */
  #watchEmit(): () => void {
    return patch({ target: process, name: 'emit', place: 'process.emit' }, (original) => {
      const end = this.#guardedEnd();
      const isTaken = this.#guardedSignal();
      const comeLast = guarded('process.emit of beforeExit', () => this.#comeLast());
      const gotFirst = guarded('process.emit of newListener', (event: unknown) =>
        this.#signals.gotFirstListener(event),
      );
      const lostLast = guarded('process.emit of removeListener', (event: unknown) => this.#signals.lostListener(event));
      return (...args) => {
        // By index, because an application may have taken the iterator from arrays.
        const event = args[0];
        const about = args[1];
        if (!this.#isOn || !isWatched(event)) return original.apply(process, args);
        if (isSignal(event) && isTaken(event)) return true;
        if (event === 'beforeExit') comeLast();
        else if (event === 'newListener') gotFirst(about);
        else if (event === 'exit') this.#exitDepth += 1;
        try {
          return original.apply(process, args);
        } finally {
          if (event === 'removeListener') lostLast(about);
          else if (event === 'exit') end();
        }
      };
    });
  }

  #guardedEnd(): () => void {
    return guarded('process.emit of exit', () => {
      this.#exitDepth -= 1;
      if (this.#exitDepth === 0) this.#end();
    });
  }

  /** Asked before any listener runs: one registered by `once` is gone from the list when it is called. */
  #guardedSignal(): (signal: NodeJS.Signals) => boolean {
    const decide = guarded('process.emit of a signal', (signal: NodeJS.Signals): boolean => {
      if (this.#signals.isOurs(signal)) void this.#endBySignal(signal);
      else if (this.#signals.isHandled(signal)) this.#watcher.onHandledSignal();
      return this.#signals.isOurs(signal);
    });
    return (signal) => {
      const isTaken = decide(signal);
      // After a fault of ours it does what it does without us.
      if (isTaken === undefined && this.#signals.isOurs(signal)) this.#raise(signal);
      return isTaken === true;
    };
  }

  /**
   * Others replace `process.emit` as well, after us, and have their say after the listeners (signal-exit). At the natural end there
   * is no `reallyExit` where we could come after them, so we step in front of them just before.
   */
  #comeLast(): void {
    if (Reflect.get(process, 'emit') === this.#outermost) return;
    const undo = patch({ target: process, name: 'emit', place: 'process.emit, once more' }, (theirs) => {
      const end = this.#guardedEnd();
      return (...args) => {
        if (!this.#isOn || args[0] !== 'exit') return theirs.apply(process, args);
        this.#exitDepth += 1;
        try {
          return theirs.apply(process, args);
        } finally {
          end();
        }
      };
    });
    this.#outermost = Reflect.get(process, 'emit');
    this.#undo.push(undo);
  }

  /** Node calls it for every error that nobody caught (lib/internal/process/execution.js); false, or an error out of it, is the end. */
  #watchErrors(): () => void {
    const place = 'process._fatalException';
    return patch({ target: process, name: '_fatalException', place }, (original) => {
      const before = guarded(place, (error: unknown, isFromPromise: unknown) => {
        this.#uncaught = { error, origin: isFromPromise === true ? 'unhandledRejection' : 'uncaughtException' };
        this.#watcher.onUncaught?.(error);
      });
      const after = guarded(place, (isTaken: boolean) => {
        // A listener, a domain or a capture callback has taken it, and the process goes on.
        if (isTaken) this.#uncaught = undefined;
        else this.#end();
      });
      return (...args) => {
        before(args[0], args[1]);
        let isTaken: unknown = false;
        try {
          isTaken = original.apply(process, args);
          return isTaken;
        } finally {
          after(isTaken === true);
        }
      };
    });
  }

  /** The process must look to its parent as if the signal had ended it: status, core dump and all. */
  async #endBySignal(signal: NodeJS.Signals): Promise<void> {
    if (this.#hurry !== undefined) {
      this.#hurry();
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#hurry = resolve;
    await Promise.race([this.#watcher.onSignal(), promise]);
    // A further one ends the process while the last is being sent.
    this.#signals.close();
    this.#end();
    this.#raise(signal);
  }

  #raise(signal: NodeJS.Signals): void {
    this.#signals.close();
    // Listeners added since then are too late: without us the process would be gone.
    process.removeAllListeners(signal);
    kill(process.pid, signal);
  }
}

function isWatched(event: unknown): boolean {
  return (
    event === 'exit' ||
    event === 'beforeExit' ||
    event === 'newListener' ||
    event === 'removeListener' ||
    isSignal(event)
  );
}
