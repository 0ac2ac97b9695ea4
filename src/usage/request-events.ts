/** Listeners of a tracked request and its response run as pieces of it, though the events come from the parser and the connection. */
import type { EventEmitter } from 'node:events';

import { guarded, ourPart, undoAll } from '../patch.ts';

/** Runs a piece of the request. */
type RunPiece = <Result>(work: () => Result) => Result;

/**
 * On the two objects themselves, since they are few. Events go through `emit` as it is on the prototype at that time.
 *
 * @param parts - `seen` is told of each event before its listeners, `failed` of a fault of ours, which must not reach the emitter.
 * @returns Puts both back as they were.
 */
export function bindEvents(emitters: readonly EventEmitter[], parts: EventParts): () => void {
  return undoAll(emitters.map((emitter) => bindOne(emitter, parts)));
}

export interface EventParts {
  readonly run: RunPiece;
  readonly seen: (event: unknown) => void;
  readonly failed: (error: unknown) => void;
}

const place = 'emit of a measured request';

function bindOne(emitter: EventEmitter, { run, seen, failed }: EventParts): () => void {
  const own = Object.getOwnPropertyDescriptor(emitter, 'emit');
  const before: EventEmitter['emit'] | undefined = own?.value;
  // Nobody listens: nothing runs that could cost anything. An error without listener is thrown by emit itself.
  const isHeard = guarded(place, (event: string | symbol) => (seen(event), emitter.listenerCount(event) > 0), failed);
  const runPiece = ourPart(`${place}, as a piece of it`, run);
  const bound = (...args: Parameters<EventEmitter['emit']>): boolean => {
    const emit = before ?? Object.getPrototypeOf(emitter).emit;
    if (isHeard(args[0]) !== true) return Reflect.apply(emit, emitter, args);
    let hasRun = false;
    let hasThrown = true;
    try {
      const result = runPiece((): boolean => {
        hasRun = true;
        return Reflect.apply(emit, emitter, args);
      });
      hasThrown = false;
      return result;
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- the way to the listeners failed, and they have not been called
      if (hasThrown && !hasRun) return emitPlainly(() => Reflect.apply(emit, emitter, args), failed);
    }
  };
  Object.defineProperty(emitter, 'emit', { value: bound, writable: true, configurable: true, enumerable: false });
  return () => {
    if (emitter.emit !== bound) return;
    if (own === undefined) Reflect.deleteProperty(emitter, 'emit');
    else Object.defineProperty(emitter, 'emit', own);
  };
}

function emitPlainly(emit: () => boolean, failed: (error: unknown) => void): boolean {
  failed(new Error('a piece of a measured request could not be run as one'));
  return emit();
}
