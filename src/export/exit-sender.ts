/** Sends what is left while the process exits: a helper thread does it, and the exiting thread waits, but not for long. */
import { Worker } from 'node:worker_threads';

import type { Payload, Route } from './sent.ts';

/** One request to make. */
export interface Parcel {
  readonly route: Route;
  readonly payload: Payload;
  /** For the request, from its start to the end of its answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** What the helper thread is given; structured-cloneable. */
export interface ExitMail {
  readonly parcels: readonly Parcel[];
  /** One Int32 that the helper sets to 1 when it is done. */
  readonly done: SharedArrayBuffer;
}

/**
 * Blocks until everything is sent, every parcel's own time is over, or `timeoutMs` is. In an `exit` listener no asynchronous work
 * runs any more; another thread's does. Starting the thread and sending takes 60 to 85 ms (bench/exit.ts; Node 24, two cores,
 * November 2026), nearly all of it the start.
 *
 * @returns Whether the helper was done in time.
 */
export function sendBeforeExit(parcels: readonly Parcel[], timeoutMs: number): boolean {
  if (parcels.length === 0 || timeoutMs <= 0) return parcels.length === 0;
  const done = new SharedArrayBuffer(4);
  const mail: ExitMail = { parcels, done };
  const worker = new Worker(new URL('exit-thread.js', import.meta.url), {
    workerData: mail,
    // Neither the application's preloads nor its environment: this thread sends bytes, nothing else.
    execArgv: [],
    env: {},
    stdout: true,
    stderr: true,
  });
  const outcome = Atomics.wait(new Int32Array(done), 0, 0, timeoutMs);
  void worker.terminate();
  return outcome !== 'timed-out';
}
