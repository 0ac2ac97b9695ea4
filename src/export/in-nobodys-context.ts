/** Runs what belongs to no request, though a request may be the occasion. */
import { AsyncResource } from 'node:async_hooks';

import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';

/** Made at the start, in nobody's context. */
const outside = new AsyncResource('reqlens export', { requireManualDestroy: true });

/**
 * A timer or promise that is made within a request would hold that request's context, and all it refers to; and what sending costs would be
 * charged to that request, if it is one that is measured.
 */
export function inNobodysContext<Result>(action: () => Result): Result {
  return outside.runInAsyncScope(() => context.with(ROOT_CONTEXT, action));
}

/** Runs what nobody waits for. A fault in it is ours, and must not become a rejection that ends the application. */
export function unattended(action: () => Promise<void>): void {
  action().catch((error: unknown) => {
    diag.error('export: telemetry could not be delivered', error);
  });
}
