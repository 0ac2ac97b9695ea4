/**
 * Remembers which request an error is just escaping from. When Node says that nobody caught it, the request's context has been
 * left already; and catching it here to throw it again would make Node show this package's line instead of the application's.
 */
import type { EventEmitter } from 'node:events';

import { context, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';

import { thrownException } from '../errors.ts';
import type { TrackedRequest } from '../identity/tracked-request.ts';
import { ourPart, reportFault } from '../patch.ts';
import type { Callable } from '../patch.ts';
import { InFlightRequest } from './in-flight.ts';
import { queueMicrotask } from '../real-timers.ts';

let throwing: InFlightRequest | undefined;
/** Counts calls of the application's code, to tell its errors from those of our way to it. */
let applied = 0;

/** What listeners run in: a request in flight, or one that is measured and whose span somebody else makes. */
export interface RequestRun {
  readonly context: Context;
  readonly tracked: TrackedRequest | undefined;
}

// oxlint-disable-next-line max-params -- runs for every event: an object to carry them would be made each time
function enterContext(
  { context: own, tracked }: RequestRun,
  emit: Callable,
  emitter: EventEmitter,
  args: unknown[],
): unknown {
  // Without a `this` for the context manager to bind, which would make a function for each event.
  if (tracked === undefined) return context.with(own, applyEmit, undefined, emit, emitter, args);
  return tracked.run(() => context.with(own, applyEmit, undefined, emit, emitter, args));
}

const place = 'the context of a request';
const enter = ourPart(place, enterContext);

/** Emits in the request's context; what a listener throws passes through untouched. */
// oxlint-disable-next-line max-params -- as above
export function runInRequest(run: RequestRun, emit: Callable, emitter: EventEmitter, args: unknown[]): unknown {
  const appliedBefore = applied;
  let hasThrown = true;
  try {
    const result = enter(run, emit, emitter, args);
    hasThrown = false;
    return result;
  } finally {
    // The way to the listeners failed, so they are called without it.
    // oxlint-disable-next-line no-unsafe-finally -- a `catch` would cost the application's own errors their place
    if (hasThrown && applied === appliedBefore) return emitPlainly(emit, emitter, args);
    if (hasThrown && run instanceof InFlightRequest) escapeFrom(run);
  }
}

function applyEmit(emit: Callable, emitter: EventEmitter, args: unknown[]): unknown {
  applied += 1;
  return Reflect.apply(emit, emitter, args);
}

function emitPlainly(emit: Callable, emitter: EventEmitter, args: unknown[]): unknown {
  reportFault(place, 'its listeners ran without it');
  return Reflect.apply(emit, emitter, args);
}

/** Node calls what `uncaught` is called from before any microtask; later than that somebody has caught it. */
function escapeFrom(inFlight: InFlightRequest): void {
  throwing ??= inFlight;
  queueMicrotask(() => {
    throwing = undefined;
  });
}

/**
 * Nobody caught the error where it was thrown. When the application is going to take it (an `uncaughtException` listener, a capture
 * callback, a domain) the request may still be answered, and only has the error.
 */
export function uncaught(error: unknown): void {
  if (!process.hasUncaughtExceptionCaptureCallback() && process.listenerCount('uncaughtException') === 0) return;
  if (throwing === undefined) noteOnActiveSpan(error);
  else throwing.note(error);
}

/** Nobody took it either, and the process ends: the request that it comes from, if it comes from one, has failed, and `log` runs in its context. */
export function fatal(error: unknown, log: () => void): void {
  const inFlight = throwing;
  throwing = undefined;
  if (inFlight === undefined) {
    log();
    return;
  }
  inFlight.fail(error);
  context.with(inFlight.context, log);
}

/** The request whose code threw may be over. */
function noteOnActiveSpan(error: unknown): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording() === true) span.recordException(thrownException(error));
}
