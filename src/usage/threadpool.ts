/**
 * Jobs of libuv's threadpool: counted exactly, their CPU time estimated. The pool is first in, first out, so the oldest jobs are
 * those that run; the CPU time that its threads have used between two events is shared out evenly among them.
 */
import type { ResourceWatch } from './boundaries.ts';
import { openThreadpoolClock } from './threadpool-clock.ts';
import type { ThreadpoolClock } from './threadpool-clock.ts';
import type { OwnerNow, UsageRecord } from './usage-record.ts';

/** Async resources that are one job each, by Node's own names for them. */
const jobTypes = new Set<string>(
  (
    'FSREQCALLBACK FSREQPROMISE FILEHANDLECLOSEREQ GETADDRINFOREQWRAP GETNAMEINFOREQWRAP BLOBREADER PBKDF2REQUEST ' +
    'SCRYPTREQUEST ARGON2REQUEST HASHREQUEST SIGNREQUEST VERIFYREQUEST CIPHERREQUEST DERIVEBITSREQUEST KEYEXPORTREQUEST ' +
    'KEYGENREQUEST KEYPAIRGENREQUEST RANDOMBYTESREQUEST RANDOMPRIMEREQUEST CHECKPRIMEREQUEST'
  ).split(' '),
);

/** A job whose end nobody reports (the handle was closed) must not be kept for ever. Far above what waits in a healthy pool. */
const maxJobs = 10_000;

export interface ThreadpoolParts {
  readonly owner: OwnerNow;
  /** Reading the clock takes longer (15 us) than many a job's callback: it must not count. */
  readonly aside: (work: () => void) => void;
}

export class Threadpool implements ResourceWatch {
  readonly #owner: OwnerNow;
  readonly #aside: (work: () => void) => void;
  /** In the order they were handed in; undefined for jobs of others. */
  readonly #jobs = new Map<number, UsageRecord | undefined>();
  #trackedJobs = 0;
  #clock: ThreadpoolClock | undefined;
  #lastUs = 0;

  constructor({ owner, aside }: ThreadpoolParts) {
    this.#owner = owner;
    this.#aside = aside;
  }

  readonly created = (asyncId: number, type: string, resource: object): void => {
    if (jobTypes.has(type)) this.#start(asyncId);
    else if (type === 'ZLIB') this.#watchCompressor(asyncId, resource);
  };

  readonly settled = (asyncId: number): void => {
    if (this.#jobs.size === 0) return;
    // Before the job goes: it was one of those that ran until now.
    if (this.#trackedJobs > 0 && this.#jobs.has(asyncId)) this.#share();
    if (this.#jobs.get(asyncId) !== undefined) this.#trackedJobs -= 1;
    this.#jobs.delete(asyncId);
  };

  /** The last tracked request has ended. */
  reset(): void {
    this.#jobs.clear();
    this.#trackedJobs = 0;
    this.#clock?.close();
    this.#clock = undefined;
  }

  #start(asyncId: number): void {
    const record = this.#owner();
    if (record !== undefined) this.#aside(() => this.#startTracked(record));
    else if (this.#trackedJobs > 0) this.#share();
    if (this.#jobs.size < maxJobs) this.#jobs.set(asyncId, record);
    else if (record !== undefined) this.#trackedJobs -= 1;
  }

  #startTracked(record: UsageRecord): void {
    this.#clock ??= openThreadpoolClock();
    if (this.#trackedJobs > 0) this.#share();
    else this.#lastUs = this.#clock?.readUs() ?? 0;
    this.#trackedJobs += 1;
    record.threadpoolJobs += 1;
    if (this.#clock === undefined) record.canTellThreadpoolTime = false;
  }

  #share(): void {
    if (this.#clock === undefined) return;
    const nowUs = this.#clock.readUs();
    const usedUs = Math.max(0, nowUs - this.#lastUs);
    this.#lastUs = nowUs;
    const running = Math.min(this.#jobs.size, this.#clock.threads());
    let place = 0;
    for (const record of this.#jobs.values()) {
      if (place === running) return;
      place += 1;
      if (record !== undefined) record.threadpoolUs += usedUs / running;
    }
  }

  /** A compressor is made once and hands in a job with each `write`. */
  #watchCompressor(asyncId: number, resource: object): void {
    const write: unknown = Reflect.get(resource, 'write');
    if (typeof write !== 'function') return;
    const watched = (...args: unknown[]): unknown => {
      this.#start(asyncId);
      return Reflect.apply(write, resource, args);
    };
    Object.defineProperty(resource, 'write', { value: watched, writable: true, configurable: true, enumerable: false });
  }
}
