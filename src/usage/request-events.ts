/** Listeners of a tracked request and its response run as pieces of it, though the events come from the parser and the connection. */
import type { EventEmitter } from 'node:events';

/** Runs a piece of the request. */
export type RunPiece = <Result>(work: () => Result) => Result;

/**
 * On the two objects themselves, since they are few. Events go through `emit` as it is on the prototype at that time.
 *
 * @param seen - Told of each event before its listeners.
 * @returns Puts both back as they were.
 */
export function bindEvents(
  emitters: readonly EventEmitter[],
  run: RunPiece,
  seen: (event: unknown) => void,
): () => void {
  const undo = emitters.map((emitter) => bindOne(emitter, run, seen));
  return () => {
    for (const each of undo) each();
  };
}

function bindOne(emitter: EventEmitter, run: RunPiece, seen: (event: unknown) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(emitter, 'emit');
  const before: EventEmitter['emit'] | undefined = own?.value;
  const bound = (...args: Parameters<EventEmitter['emit']>): boolean => {
    seen(args[0]);
    const emit = before ?? Object.getPrototypeOf(emitter).emit;
    // Nobody listens: nothing runs that could cost anything. An error without listener is thrown by emit itself.
    if (emitter.listenerCount(args[0]) === 0) return Reflect.apply(emit, emitter, args);
    return run(() => Reflect.apply(emit, emitter, args));
  };
  Object.defineProperty(emitter, 'emit', { value: bound, writable: true, configurable: true, enumerable: false });
  return () => {
    if (emitter.emit !== bound) return;
    if (own === undefined) Reflect.deleteProperty(emitter, 'emit');
    else Object.defineProperty(emitter, 'emit', own);
  };
}
