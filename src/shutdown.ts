/** What happens at the end: open spans are ended, what waits is sent, and the exit is never held longer than the deadline. */
import { sendBeforeExit } from './export/exit-sender.ts';
import type { ExitQueue } from './export/pipelines.ts';
import { reportOnce } from './export/self-report.ts';

export interface ShutdownParts {
  readonly queues: readonly ExitQueue[];
  /** The longest that the exit may be delayed. */
  readonly timeoutMs: number;
  /** Ends what is still open, so that it is among what is sent. */
  readonly endOpenSpans: () => void;
  /** Collects and sends metrics while asynchronous work is still possible. */
  readonly flushMetrics: () => Promise<void>;
  /** Logs the error that ends the process. */
  readonly onUncaught: (error: unknown, origin: string) => void;
}

/** Without listeners of the application these end the process at once; with ours it ends just after. */
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** @returns Takes every listener off again. */
export function installShutdown(parts: ShutdownParts): () => void {
  let hasFlushed = false;
  const flush = (): void => {
    if (hasFlushed) return;
    hasFlushed = true;
    guarded(() => sendEverything(parts));
  };
  const onUncaught = (error: unknown, origin: string): void => guarded(() => parts.onUncaught(error, origin));
  const onSignal = (signal: NodeJS.Signals): void => {
    // The application handles the signal itself: its exit, when it comes, brings us here again.
    if (process.listenerCount(signal) > 1) return;
    void endBySignal(signal, parts, flush);
  };
  const keepLast = keepListenerLast('exit', flush);

  process.on('exit', flush);
  process.on('uncaughtExceptionMonitor', onUncaught);
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    keepLast();
    process.off('exit', flush);
    process.off('uncaughtExceptionMonitor', onUncaught);
    for (const signal of signals) process.off(signal, onSignal);
  };

  /** The process must look to its parent as if the signal had ended it: status, core dump and all. */
  async function endBySignal(
    signal: NodeJS.Signals,
    { timeoutMs, flushMetrics }: ShutdownParts,
    last: () => void,
  ): Promise<void> {
    await Promise.race([flushMetrics(), later(timeoutMs / 2)]);
    last();
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  }
}

function sendEverything({ queues, timeoutMs, endOpenSpans }: ShutdownParts): void {
  endOpenSpans();
  // A receiver that did not answer a moment ago is not waited for: an exit without a collector must not be felt.
  const parcels = queues
    .filter((queue) => !queue.isUnreachable)
    .flatMap((queue) => queue.takeAll().map((payload) => ({ route: queue.route, payload })));
  if (parcels.length === 0 || timeoutMs === 0) return;
  const isDone = sendBeforeExit(parcels, timeoutMs);
  if (!isDone)
    reportOnce(
      'exit',
      `the exit was not held longer than ${timeoutMs} ms (REQLENS_SHUTDOWN_TIMEOUT); the last telemetry may be lost`,
    );
}

/** Applications log in their own `exit` listeners, which come after ours unless ours moves behind each new one. */
function keepListenerLast(event: 'exit', listener: () => void): () => void {
  const onNew = (name: string | symbol, added: unknown): void => {
    if (name !== event || added === listener) return;
    queueMicrotask(() => {
      if (process.listeners(event).includes(listener)) {
        process.off(event, listener);
        process.on(event, listener);
      }
    });
  };
  process.on('newListener', onNew);
  return () => process.off('newListener', onNew);
}

async function later(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}

function guarded(action: () => void): void {
  try {
    action();
  } catch (error) {
    reportOnce(
      'shutdown',
      `the last telemetry could not be sent: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
