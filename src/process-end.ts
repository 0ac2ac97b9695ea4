/**
 * Hears of the end of the process after everybody else, and without being seen: libraries count the listeners of a signal to
 * decide whether to end the process themselves.
 */
import type { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';

export interface EndWatcher {
  /** After the last `exit` listener, whenever it was registered. Nothing asynchronous runs any more. */
  readonly onExit: () => void;
  /** A signal came that the application does not listen to. When the promise resolves the process ends by it. */
  readonly onSignal: () => Promise<void>;
  /** A signal came that the application handles. */
  readonly onHandledSignal: () => void;
}

/** Without listeners these end the process at once; with ours it ends just after. */
const signals: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP']);

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/** With the plain signatures of its base; Node's types list each event of `process` instead. */
const emitter: EventEmitter = process;

/** @returns Stops it, and leaves no trace. */
export function watchEnd(watcher: EndWatcher): () => void {
  // In a worker there are no signals; as process 1 (of a container) those that nobody listens to do nothing, and shall not.
  const watched = isMainThread && process.pid !== 1 ? openSignals() : undefined;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const original: Emit = emitter.emit;
  const restoreEmit = replace('emit', function emit(event, ...args) {
    if (event === 'exit') return thenAlways(() => original.call(process, event, ...args), watcher.onExit);
    if (watched !== undefined && typeof event === 'string' && signals.has(event)) {
      // Asked before any listener runs: one registered by `once` is gone from the list when it is called.
      if (emitter.listenerCount(event) === 0) {
        void endBySignal(event, watcher, watched.close);
        return true;
      }
      watcher.onHandledSignal();
    }
    return original.call(process, event, ...args);
  } satisfies Emit);
  watched?.open();
  return () => {
    watched?.close();
    restoreEmit();
  };
}

/** `finally` keeps the place of the error that Node shows on stderr; catching and throwing again would name this file. */
function thenAlways(action: () => boolean, last: () => void): boolean {
  try {
    return action();
  } finally {
    last();
  }
}

/** The process must look to its parent as if the signal had ended it: status, core dump and all. */
async function endBySignal(signal: string, { onSignal }: EndWatcher, close: () => void): Promise<void> {
  await onSignal();
  close();
  // Listeners added since then are too late: without us the process would be gone.
  emitter.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

interface OpenSignals {
  readonly open: () => void;
  readonly close: () => void;
}

/** Node delivers a signal to JavaScript only while somebody listens: this does, and nothing else. */
function placeholder(): void {
  // What happens is decided in `emit`.
}

const isOther = (listener: unknown): boolean => listener !== placeholder;

/** Keeps the signals coming without a listener that anybody can see. */
function openSignals(): OpenSignals {
  // oxlint-disable-next-line typescript/unbound-method -- called with their own `this` below
  const { listeners, rawListeners, listenerCount } = emitter;
  const reopen = (signal: string): void => {
    emitter.off(signal, placeholder);
    emitter.on(signal, placeholder);
  };
  let isBusy = false;
  // Node stops to deliver a signal when its last listener, as far as it can see, is removed.
  const onRemoved = (event: string | symbol): void => {
    if (isBusy || typeof event !== 'string' || !signals.has(event) || emitter.listenerCount(event) > 0) return;
    isBusy = true;
    reopen(event);
    isBusy = false;
  };
  let restore: (() => void)[] = [];
  return {
    open: () => {
      for (const signal of signals) emitter.on(signal, placeholder);
      emitter.on('removeListener', onRemoved);
      restore = [
        replace('listeners', (event: string) => listeners.call(process, event).filter(isOther)),
        replace('rawListeners', (event: string) => rawListeners.call(process, event).filter(isOther)),
        replace('listenerCount', (event: string, listener?: () => void) =>
          signals.has(event) && listener === undefined
            ? listeners.call(process, event).filter(isOther).length
            : listenerCount.call(process, event, listener),
        ),
      ];
    },
    close: () => {
      emitter.off('removeListener', onRemoved);
      for (const undo of restore) undo();
      for (const signal of signals) emitter.off(signal, placeholder);
    },
  };
}

/** @returns Takes it back, unless somebody has replaced it since. */
function replace(name: 'emit' | 'listeners' | 'rawListeners' | 'listenerCount', value: unknown): () => void {
  Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: false });
  return () => {
    if (process[name] === value) Reflect.deleteProperty(process, name);
  };
}
