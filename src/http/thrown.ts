/**
 * Remembers which request an error is just escaping from. When Node says that nobody caught it, the request's context has been
 * left already; and catching it here to throw it again would make Node show this package's line instead of the application's.
 */
import type { EventEmitter } from 'node:events';

import { context } from '@opentelemetry/api';

import type { InFlightRequest } from './in-flight.ts';

let throwing: InFlightRequest | undefined;

/** Emits in the request's context; what a listener throws passes through untouched. */
// oxlint-disable-next-line max-params -- runs for every event: an object to carry them would be made each time
export function runInRequest<Args extends readonly unknown[]>(
  inFlight: InFlightRequest,
  emit: (this: EventEmitter, ...args: Args) => boolean,
  emitter: EventEmitter,
  args: Args,
): boolean {
  let hasThrown = true;
  try {
    const { tracked } = inFlight;
    const result =
      tracked === undefined
        ? // Without a `this` for the context manager to bind, which would make a function for each event.
          context.with(inFlight.context, applyEmit<Args>, undefined, emit, emitter, args)
        : tracked.run(() => context.with(inFlight.context, applyEmit<Args>, undefined, emit, emitter, args));
    hasThrown = false;
    return result;
  } finally {
    if (hasThrown) escapeFrom(inFlight);
  }
}

function applyEmit<Args extends readonly unknown[]>(
  emit: (this: EventEmitter, ...args: Args) => boolean,
  emitter: EventEmitter,
  args: Args,
): boolean {
  return Reflect.apply(emit, emitter, args);
}

/** Node calls `uncaughtExceptionMonitor` before any microtask; later than that somebody has caught it. */
function escapeFrom(inFlight: InFlightRequest): void {
  throwing ??= inFlight;
  queueMicrotask(() => {
    throwing = undefined;
  });
}

/** Nobody caught the error: the request that it comes from, if it comes from one, has failed, and `log` runs in its context. */
export function uncaught(error: unknown, log: () => void): void {
  const inFlight = throwing;
  throwing = undefined;
  if (inFlight === undefined) {
    log();
    return;
  }
  inFlight.fail(error);
  context.with(inFlight.context, log);
}
