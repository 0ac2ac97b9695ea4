/** What happens at the end: open spans are ended, what waits is sent, and the exit is never held longer than the deadline. */
import { deliverBeforeExit } from './export/exit-delivery.ts';
import { sayLosses } from './export/losses.ts';
import type { ExitQueue } from './export/pipelines.ts';
import { nowMs, setTimeout } from './real-timers.ts';
import { reportOnce, sayUnsaid } from './export/self-report.ts';
import { watchEnd } from './process-end/watch-end.ts';
import type { EndWatch } from './process-end/watch-end.ts';
import { sayLast } from './standard-streams/say.ts';
import { thrownWords } from './errors.ts';

export interface ShutdownParts {
  readonly queues: readonly ExitQueue[];
  /** Puts the limits of what is on disk in force at once. */
  readonly limitSpool: () => void;
  /** The longest that the exit may be delayed, in milliseconds. 0: what is left is neither sent nor kept. */
  readonly timeoutMs: number;
  /** Ends what is still open, so that it is among what is sent. */
  readonly endOpenSpans: () => void;
  /** Hands the lines of named loggers to the operating system. */
  readonly flushLogs: () => void;
  /** The same for the last time; a slow reader of the console is waited for at most so many milliseconds. */
  readonly endLogs: (timeoutMs: number) => void;
  /** Collects and sends metrics while asynchronous work is still possible. */
  readonly flushMetrics: () => Promise<void>;
  /** Nobody caught an error; whether the application takes it is not known yet. */
  readonly onUncaught: (error: unknown) => void;
  /** Logs the error that ends the process. */
  readonly onFatal: (error: unknown, origin: string) => void;
}

export function installShutdown(parts: ShutdownParts): EndWatch {
  const ending = new Ending(parts);
  return watchEnd({
    onExit: () => ending.exit(),
    onSignal: async () => ending.flush(),
    // Its graceful shutdown takes a while as a rule: long enough for metrics, which cannot be sent from an exit listener.
    onHandledSignal: () => {
      guarded(parts.flushLogs);
      // What goes wrong there is said there; as a rejection that nobody takes it would end the process.
      guarded(() => void parts.flushMetrics().catch(() => undefined));
    },
    onUncaught: (error) => guarded(() => parts.onUncaught(error)),
    onFatal: (error, origin) => guarded(() => parts.onFatal(error, origin)),
  });
}

/** All the ways out share one deadline. */
class Ending {
  readonly #parts: ShutdownParts;
  #leftMs: number;
  #hasSent = false;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
    this.#leftMs = parts.timeoutMs;
  }

  /**
   * Files before everything else: they need nobody, and are what is left when the rest fails. Called again for what came after, such as
   * the error of an `exit` listener.
   */
  exit(): void {
    const startMs = nowMs();
    guarded(() => this.#parts.endLogs(this.#leftMs));
    this.#leftMs = Math.max(0, this.#leftMs - (nowMs() - startMs));
    guarded(() => this.#send());
    guarded(sayLosses);
    guarded(sayUnsaid);
    sayLast();
  }

  /** Metrics get half of the time: spans and log records come after them, and are worth more. */
  async flush(): Promise<void> {
    guarded(this.#parts.flushLogs);
    const startMs = nowMs();
    // Nothing of the flush may fail the exit; what it has to say it says itself.
    await Promise.race([this.#parts.flushMetrics().catch(() => undefined), later(this.#leftMs / 2)]);
    this.#leftMs = Math.max(0, this.#leftMs - (nowMs() - startMs));
  }

  #send(): void {
    const { queues, timeoutMs, endOpenSpans, limitSpool } = this.#parts;
    if (timeoutMs === 0) return;
    // A fault there must not keep back what waits in the queues.
    guarded(endOpenSpans);
    const startMs = nowMs();
    const isFirst = !this.#hasSent;
    this.#hasSent = true;
    deliverBeforeExit({ queues, limitSpool, timeoutMs, leftMs: this.#leftMs, isFirst });
    this.#leftMs = Math.max(0, this.#leftMs - (nowMs() - startMs));
  }
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
    reportOnce('shutdown', `the last telemetry could not be sent: ${thrownWords(error)}`);
  }
}
