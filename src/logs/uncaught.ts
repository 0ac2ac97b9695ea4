/** Logs the error that is about to end the process, with the ids of the request it came from. Exit code and trace stay Node's. */
import { trace } from '@opentelemetry/api';

import { getLogger } from './named-logger.ts';

/**
 * Listener of `uncaughtExceptionMonitor` (https://nodejs.org/api/process.html#event-uncaughtexceptionmonitor), which Node calls
 * in the context of the code that threw, and which changes nothing of what Node does next.
 *
 * @param origin - `uncaughtException` or `unhandledRejection`.
 */
export function logUncaught(error: unknown, origin: string): void {
  trace.getActiveSpan()?.recordException(error instanceof Error ? error : String(error));
  const fields = { err: error, origin };
  getLogger('process').fatal(fields, error instanceof Error ? error.message : String(error));
}
