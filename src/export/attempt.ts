/** One try to hand a request over, and when a failed one may be made again at once. */
import { clearTimeout, nowMs, setImmediate, setTimeout } from '../real-timers.ts';
import type { Route } from './sent.ts';

export interface PostOptions {
  /** For this one request, in milliseconds. */
  readonly timeoutMs: number;
  /** True in the application: our sockets must not keep its process alive. */
  readonly isDetached: boolean;
}

/** A request as both carriers take it. */
export interface Attempt extends PostOptions {
  readonly route: Route;
  /** Compressed, if the route says so. */
  readonly content: Uint8Array;
  /** By `performance.now()`: for connecting, sending, and the whole answer, through all redirects and tries. */
  readonly deadlineMs: number;
}

/** In words that are the same each time, so that it is one cause. */
export function tooLate(timeoutMs: number): Error {
  return new Error(`no answer within ${Math.round(timeoutMs)} ms`);
}

/**
 * Calls back when the deadline is over and what came in time has been read: an event loop that was held up for long sees its timers before
 * its sockets, and an answer that waits there is none too late.
 *
 * @returns Calls it off.
 */
export function whenLate({ deadlineMs, isDetached }: Attempt, onLate: () => void): () => void {
  let isOff = false;
  const afterReading = (): void => {
    if (!isOff) onLate();
  };
  const timer = setTimeout(() => setImmediate(afterReading), Math.max(1, deadlineMs - nowMs()));
  if (isDetached) timer.unref();
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}

/** A connection that was kept open for the next request was closed at the other end just then: nobody has seen the request. */
class DeadConnection extends Error {
  override readonly name = 'DeadConnection';
}

const deadCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_SESSION_ERROR',
]);

/** @param wasUsed - Whether the connection had carried a request before. */
export function asDead(error: Error, wasUsed: boolean): Error {
  const code = 'code' in error ? String(error.code) : '';
  const isDead = wasUsed && (deadCodes.has(code) || error.message.includes('NGHTTP2_REFUSED_STREAM'));
  return isDead ? new DeadConnection(error.message, { cause: error }) : error;
}

/** As the system says it, where only the end of the connection is seen. */
export function closedEarly(): Error {
  return Object.assign(new Error('the connection was closed before an answer'), { code: 'ECONNRESET' });
}

/** Once again, on a connection of its own, when a kept one was dead. */
export async function onceAgain<Answer>(attempt: (isFresh: boolean) => Promise<Answer>): Promise<Answer> {
  try {
    return await attempt(false);
  } catch (error) {
    if (!(error instanceof DeadConnection)) throw error;
    return attempt(true).catch((again: unknown) => {
      throw again instanceof DeadConnection ? again.cause : again;
    });
  }
}
