/** Gets the signals that end the process delivered to JavaScript, without a listener that anybody could see. */
import type { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';

/**
 * Without listeners these end the process at once; with us it ends just after. SIGQUIT is not among them: it is the key by which a
 * process is ended that does not come back to its event loop.
 */
const watched = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const;
const names: ReadonlySet<unknown> = new Set(watched);

export function isSignal(event: unknown): event is (typeof watched)[number] {
  return names.has(event);
}

/** With the plain signatures of its base; Node's types list each event of `process` instead. */
const emitter: EventEmitter = process;

/**
 * Node watches for a signal from the moment on when somebody listens to it, by two listeners of its own
 * (lib/internal/process/signal.js). They are called here as `process.on(signal)` would call them: nothing is listed, counted or warned of.
 */
export class Signals {
  readonly #start = nodesOwn('newListener', 'startListeningIfSignal');
  readonly #stop = nodesOwn('removeListener', 'stopListeningIfSignal');
  #isOpen = false;

  /** In a worker there are no signals; as process 1 (of a container) those that nobody listens to do nothing, and shall not. */
  open(): void {
    if (this.#isOpen || !isMainThread || process.pid === 1) return;
    this.#isOpen = true;
    for (const signal of watched) this.#watch(signal);
  }

  /** Node goes on watching for those that somebody listens to. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const signal of watched) this.#stop?.(signal);
  }

  /** Whether it comes to us only because we watch for it. */
  isOurs(event: unknown): event is (typeof watched)[number] {
    return this.#isOpen && isSignal(event) && emitter.listenerCount(event) === 0;
  }

  /** Whether the application listens to it. */
  isHandled(event: unknown): boolean {
    return this.#isOpen && isSignal(event) && emitter.listenerCount(event) > 0;
  }

  /** Node is about to watch by itself, and to send the signal where `process.emit` leads by now. */
  gotFirstListener(event: unknown): void {
    if (this.isOurs(event)) this.#stop?.(event);
  }

  /** Node has stopped watching when that was the last one. */
  lostListener(event: unknown): void {
    if (this.isOurs(event)) this.#watch(event);
  }

  #watch(signal: string): void {
    try {
      this.#start?.(signal);
    } catch {
      // Not a signal of this platform: then it cannot end the process either.
    }
  }
}

function nodesOwn(event: string, name: string): ((signal: string) => void) | undefined {
  const found = emitter.listeners(event).find((listener) => listener.name === name);
  return found === undefined ? undefined : (signal) => void Reflect.apply(found, process, [signal]);
}
