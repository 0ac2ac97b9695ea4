/**
 * Remembers which request an error is just escaping from. When Node says that nobody caught it, the request's context has been
 * left already; and catching it here to throw it again would make Node show this package's line instead of the application's.
 */
import { context } from '@opentelemetry/api';

import type { InFlightRequest } from './in-flight.ts';

let throwing: InFlightRequest | undefined;

/** Runs the request's code in its context; what it throws passes through untouched. */
export function runInRequest<Result>(inFlight: InFlightRequest, action: () => Result): Result {
  let hasThrown = true;
  try {
    const result = context.with(inFlight.context, action);
    hasThrown = false;
    return result;
  } finally {
    if (hasThrown) escapeFrom(inFlight);
  }
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
