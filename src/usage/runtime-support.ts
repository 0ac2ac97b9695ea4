/** What this Node version, with its command line, lets us see of asynchronous work. Asked once, by trying. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import type { HookCallbacks } from 'node:async_hooks';

/** `trackPromises` (nodejs/node#61415) is in 24.21 and 26.10 and not in 22; the types do not know it yet. */
export type HookOptions = HookCallbacks & { readonly trackPromises?: boolean };

/**
 * AsyncLocalStorage follows V8's own continuation data: the default from Node 24 on, `--experimental-async-context-frame` on 22.
 * The other kind, made of async hooks, has two members that this one has not.
 */
export const hasAsyncContextFrame: boolean = !('_enable' in new AsyncLocalStorage());

/**
 * Async hooks can leave promises out. Without that, a hook makes Node follow every promise of the process.
 * A version that knows the option refuses a number; the others do not look at it.
 */
export const canLeavePromisesOut: boolean = refusesNumber();

function refusesNumber(): boolean {
  try {
    const options = { before: () => {}, trackPromises: 1 };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the wrong type is the question
    createHook(options as unknown as HookCallbacks);
    return false;
  } catch {
    // Refused: it is known.
    return true;
  }
}
