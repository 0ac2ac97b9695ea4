/** Logs the error that is about to end the process, with the ids of the request it came from. Exit code and trace stay Node's. */
import { trace } from '@opentelemetry/api';

import { thrownException, thrownWords } from '../errors.ts';
import { getLogger } from './named-logger.ts';

/**
 * Called in the context of the code that threw; changes nothing of what Node does next.
 *
 * @param origin - `uncaughtException` or `unhandledRejection`.
 */
export function logUncaught(error: unknown, origin: string): void {
  const span = trace.getActiveSpan();
  // A request whose handler threw has its exception already, and is over.
  if (span?.isRecording() === true) span.recordException(thrownException(error));
  const fields = { err: error, origin };
  getLogger('process').fatal(fields, thrownWords(error));
}
