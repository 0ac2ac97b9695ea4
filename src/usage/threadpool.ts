/**
 * Jobs of libuv's threadpool: counted exactly, their CPU time estimated. From a job's start to its end the pool's threads use some CPU
 * time; of that the job gets its share by weight among all jobs that overlap it.
 */
import type { ResourceWatch } from './boundaries.ts';
import { openThreadpoolClock } from './threadpool-clock.ts';
import type { ThreadpoolClock } from './threadpool-clock.ts';
import type { OwnerNow, UsageRecord } from './usage-record.ts';

/**
 * Async resources that are one job each, by Node's own names for them, and what such a job costs beside the others: stretching a
 * password takes milliseconds, compressing or hashing a buffer a tenth of that, a file operation 10 to 50 us (Node 24).
 */
const weights = new Map<string, number>([
  ...weighing(100, 'PBKDF2REQUEST SCRYPTREQUEST ARGON2REQUEST KEYPAIRGENREQUEST RANDOMPRIMEREQUEST CHECKPRIMEREQUEST'),
  ...weighing(10, 'ZLIB HASHREQUEST SIGNREQUEST VERIFYREQUEST CIPHERREQUEST DERIVEBITSREQUEST'),
  ...weighing(1, 'FSREQCALLBACK FSREQPROMISE FILEHANDLECLOSEREQ BLOBREADER GETADDRINFOREQWRAP GETNAMEINFOREQWRAP'),
  ...weighing(1, 'RANDOMBYTESREQUEST KEYEXPORTREQUEST KEYGENREQUEST'),
]);

/** A job whose end nobody reports (its handle was closed) must not be kept for ever. Far above what waits in a healthy pool. */
const maxJobs = 10_000;

interface PoolJob {
  readonly weight: number;
  /** Undefined for jobs of others, of which nothing more is kept. */
  readonly tracked: TrackedJob | undefined;
}

interface TrackedJob {
  readonly record: UsageRecord;
  readonly startUs: number;
  /** Weight that was waiting or running when it came, its own included. */
  readonly outstanding: number;
  /** Weight that had ever been handed in. */
  readonly handedIn: number;
}

export interface ThreadpoolParts {
  readonly owner: OwnerNow;
  /** Reading the clock takes longer (15 us) than many a job's callback: it must not count. */
  readonly aside: (work: () => void) => void;
}

export class Threadpool implements ResourceWatch {
  readonly #owner: OwnerNow;
  readonly #aside: (work: () => void) => void;
  readonly #jobs = new Map<number, PoolJob>();
  #outstanding = 0;
  #handedIn = 0;
  #clock: ThreadpoolClock | undefined;

  constructor({ owner, aside }: ThreadpoolParts) {
    this.#owner = owner;
    this.#aside = aside;
  }

  readonly created = (asyncId: number, type: string, resource: object): void => {
    const weight = weights.get(type);
    if (weight === undefined) return;
    if (type === 'ZLIB') this.#watchCompressor(asyncId, weight, resource);
    else this.#start(asyncId, weight);
  };

  readonly settled = (asyncId: number): void => {
    if (this.#jobs.size === 0) return;
    const job = this.#jobs.get(asyncId);
    if (job === undefined) return;
    this.#jobs.delete(asyncId);
    this.#outstanding -= job.weight;
    if (job.tracked !== undefined) this.#estimate(job.tracked, job.weight);
  };

  /** The last tracked request has ended. */
  reset(): void {
    this.#jobs.clear();
    this.#outstanding = 0;
    this.#handedIn = 0;
    this.#clock?.close();
    this.#clock = undefined;
  }

  #start(asyncId: number, weight: number): void {
    const record = this.#owner();
    if (record !== undefined) record.threadpoolJobs += 1;
    // A compressor whose last job was cancelled hands in the next one under the same id.
    this.settled(asyncId);
    if (this.#jobs.size >= maxJobs) return;
    this.#outstanding += weight;
    this.#handedIn += weight;
    this.#jobs.set(asyncId, { weight, tracked: record === undefined ? undefined : this.#track(record) });
  }

  #track(record: UsageRecord): TrackedJob {
    let startUs = 0;
    this.#aside(() => {
      this.#clock ??= openThreadpoolClock();
      if (this.#clock === undefined) record.canTellThreadpoolTime = false;
      else startUs = this.#clock.readUs();
    });
    return { record, startUs, outstanding: this.#outstanding, handedIn: this.#handedIn };
  }

  #estimate({ record, startUs, outstanding, handedIn }: TrackedJob, weight: number): void {
    const clock = this.#clock;
    if (clock === undefined || !record.isLive) return;
    this.#aside(() => {
      const usedUs = Math.max(0, clock.readUs() - startUs);
      record.threadpoolUs += (usedUs * weight) / (outstanding + this.#handedIn - handedIn);
    });
  }

  /** A compressor is made once and hands in a job with each `write`. */
  #watchCompressor(asyncId: number, weight: number, resource: object): void {
    const write: unknown = Reflect.get(resource, 'write');
    if (typeof write !== 'function') return;
    const watched = (...args: unknown[]): unknown => {
      this.#start(asyncId, weight);
      return Reflect.apply(write, resource, args);
    };
    Object.defineProperty(resource, 'write', { value: watched, writable: true, configurable: true, enumerable: false });
  }
}

function weighing(weight: number, types: string): (readonly [type: string, weight: number])[] {
  return types.split(' ').map((type) => [type, weight] as const);
}
