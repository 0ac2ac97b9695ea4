/**
 * Hears of the end of the process after everybody else, and without being seen: libraries count the listeners of a signal to
 * decide whether to end the process themselves.
 */
import type { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';

import { guarded, patch, reportFault } from './patch.ts';
import type { Callable } from './patch.ts';

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

/** With the plain signatures of its base; Node's types list each event of `process` instead. */
const emitter: EventEmitter = process;

/** @returns Stops it, and leaves no trace. */
export function watchEnd(watcher: EndWatcher): () => void {
  // In a worker there are no signals; as process 1 (of a container) those that nobody listens to do nothing, and shall not.
  const watched = isMainThread && process.pid !== 1 ? openSignals() : undefined;
  const onExit = guarded('process.emit of exit', watcher.onExit);
  const onSignal = guarded('process.emit of a signal', (event: string): boolean => {
    // Asked before any listener runs: one registered by `once` is gone from the list when it is called.
    if (watched !== undefined && emitter.listenerCount(event) === 0) {
      void endBySignal(event, watcher, watched.close);
      return true;
    }
    if (watched !== undefined) watcher.onHandledSignal();
    return false;
  });
  const restoreEmit = replace(
    'emit',
    (original) =>
      function emit(...args) {
        const [event] = args;
        if (event === 'exit') return thenAlways(() => Reflect.apply(original, this, args), onExit);
        if (typeof event !== 'string' || !signals.has(event)) return Reflect.apply(original, this, args);
        const isEnding = onSignal(event) ?? endPlainly(event, watched);
        return isEnding || Reflect.apply(original, this, args);
      },
  );
  watched?.open();
  return () => {
    watched?.close();
    restoreEmit();
  };
}

/** `finally` keeps the place of the error that Node shows on stderr; catching and throwing again would name this file. */
function thenAlways(action: () => unknown, last: () => void): unknown {
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

/** After a fault of ours: by the signal if nobody else listens to it, as without us. */
function endPlainly(signal: string, watched: OpenSignals | undefined): boolean {
  watched?.close();
  if (watched === undefined || emitter.listenerCount(signal) > 0) return false;
  process.kill(process.pid, signal);
  return true;
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

function reopen(signal: string): void {
  emitter.off(signal, placeholder);
  emitter.on(signal, placeholder);
}

/** Keeps the signals coming without a listener that anybody can see. */
function openSignals(): OpenSignals {
  let isBusy = false;
  // Node stops to deliver a signal when its last listener, as far as it can see, is removed.
  const onRemoved = (event: string | symbol): void => {
    if (isBusy || typeof event !== 'string' || !signals.has(event) || emitter.listenerCount(event) > 0) return;
    isBusy = true;
    reopen(event);
    isBusy = false;
  };
  let restore: (() => void)[] = [];
  const close = (): void => {
    emitter.off('removeListener', onRemoved);
    for (const undo of restore) undo();
    for (const signal of signals) emitter.off(signal, placeholder);
  };
  return {
    open: () => {
      for (const signal of signals) emitter.on(signal, placeholder);
      emitter.on('removeListener', onRemoved);
      restore = [hideIn('listeners', close), hideIn('rawListeners', close), countOthers(close)];
    },
    close,
  };
}

/** @param giveUp - Takes the placeholders away: after a fault of ours everybody sees what is there, and nothing of ours is. */
function hideIn(name: 'listeners' | 'rawListeners', giveUp: () => void): () => void {
  const others = guarded(
    `process.${name}`,
    (found: unknown) => (Array.isArray(found) ? found.filter(isOther) : found),
    failing(`process.${name}`, giveUp),
  );
  return replace(
    name,
    (original) =>
      (...args) =>
        others(Reflect.apply(original, process, args)) ?? Reflect.apply(original, process, args),
  );
}

/** Node counts placeholders too. How often one certain listener is there, it may be asked. */
function countOthers(giveUp: () => void): () => void {
  const place = 'process.listenerCount';
  const count = guarded(
    place,
    (event: unknown) => (typeof event === 'string' && signals.has(event) ? emitter.listeners(event).length : undefined),
    failing(place, giveUp),
  );
  return replace(
    'listenerCount',
    (original) =>
      (...args) =>
        (args[1] === undefined ? count(args[0]) : undefined) ?? Reflect.apply(original, process, args),
  );
}

function failing(place: string, giveUp: () => void): (error: unknown) => void {
  return (error) => {
    reportFault(place, error);
    giveUp();
  };
}

/** @returns Takes it back, unless somebody has replaced it since. */
function replace(
  name: 'emit' | 'listeners' | 'rawListeners' | 'listenerCount',
  wrap: (original: Callable, place: string) => Callable,
): () => void {
  return patch({ target: process, name, place: `process.${name}` }, wrap);
}
