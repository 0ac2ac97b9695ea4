/**
 * Node's timers and its clock that is never set, as they are when we are loaded. Applications put fake ones into their tests: a timer made
 * meanwhile would never fire once they are taken out again, and whoever waits for it would wait for ever. Imports nothing of ours.
 */
import { setTimeout as pause } from 'node:timers/promises';

export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval;
export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;
/** As a promise. */
export const sleep: typeof pause = pause;
/** Milliseconds since the start; only differences mean something. */
export const nowMs: () => number = performance.now.bind(performance);
