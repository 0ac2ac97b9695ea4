/**
 * Jobs of libuv's threadpool: counted exactly, their CPU time estimated. Whatever the pool's threads use between two looks at their clock is
 * shared by weight among the jobs that were waiting or running in between; all shares together are what was used.
 */
import { guarded } from '../patch.ts';
import type { ResourceWatch } from './boundaries.ts';
import { wallMs } from './clocks.ts';
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

/**
 * Milliseconds between two looks for the sake of jobs of others: a look takes 15 us, which they pay. What is used in between
 * goes to those who are left.
 */
const lookEveryMs = 0.2;

interface PoolJob {
  readonly weight: number;
  /** Undefined for jobs of others. */
  readonly record: UsageRecord | undefined;
}

export interface ThreadpoolParts {
  readonly owner: OwnerNow;
  /** Reading the clock takes longer (15 us) than many a job's callback: it must not count. */
  readonly aside: (work: () => void) => void;
  /** Told of a fault of ours, which must not reach those who compress. */
  readonly failed: (error: unknown) => void;
}

export class Threadpool implements ResourceWatch {
  readonly #owner: OwnerNow;
  readonly #aside: (work: () => void) => void;
  readonly #startJob: (asyncId: number, weight: number) => void;
  readonly #jobs = new Map<number, PoolJob>();
  /** Those of the jobs that belong to tracked requests. */
  readonly #tracked = new Map<number, PoolJob & { readonly record: UsageRecord }>();
  #outstandingWeight = 0;
  #clock: ThreadpoolClock | undefined;
  /** False once there was no clock to be had: there will be none later. */
  #canTell = true;
  #lastUs = 0;
  #lastLookMs = 0;

  constructor({ owner, aside, failed }: ThreadpoolParts) {
    this.#owner = owner;
    this.#startJob = guarded(
      'write of a compressor',
      (asyncId: number, weight: number) => this.#start(asyncId, weight),
      failed,
    );
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
    this.#look(job.record);
    this.#jobs.delete(asyncId);
    this.#tracked.delete(asyncId);
    this.#outstandingWeight -= job.weight;
  };

  /** The last tracked request has ended. */
  reset(): void {
    this.#jobs.clear();
    this.#tracked.clear();
    this.#outstandingWeight = 0;
    this.#clock?.close();
    this.#clock = undefined;
  }

  #start(asyncId: number, weight: number): void {
    const record = this.#owner();
    if (record !== undefined) record.threadpoolJobs += 1;
    // A compressor whose last job was cancelled hands in the next one under the same id.
    this.settled(asyncId);
    if (this.#jobs.size >= maxJobs) return;
    this.#look(record);
    this.#jobs.set(asyncId, { weight, record });
    if (record !== undefined) this.#tracked.set(asyncId, { weight, record });
    this.#outstandingWeight += weight;
  }

  /**
   * Shares out what was used since the last look.
   *
   * @param record - Whose job has begun or ended; for jobs of others a look now and then is enough.
   */
  #look(record: UsageRecord | undefined): void {
    if (record === undefined && (this.#tracked.size === 0 || wallMs() - this.#lastLookMs < lookEveryMs)) return;
    this.#aside(() => {
      const clock = this.#openClock();
      if (clock === undefined) {
        if (record !== undefined) record.canTellThreadpoolTime = false;
        return;
      }
      const nowUs = clock.readUs();
      const usedUs = Math.max(0, nowUs - this.#lastUs);
      for (const job of this.#tracked.values()) {
        if (job.record.isLive) job.record.threadpoolUs += (usedUs * job.weight) / this.#outstandingWeight;
      }
      this.#lastUs = nowUs;
      this.#lastLookMs = wallMs();
    });
  }

  #openClock(): ThreadpoolClock | undefined {
    if (this.#clock === undefined && this.#canTell) this.#clock = openThreadpoolClock();
    this.#canTell = this.#clock !== undefined;
    return this.#clock;
  }

  /** A compressor is made once and hands in a job with each `write`. */
  #watchCompressor(asyncId: number, weight: number, resource: object): void {
    const write: unknown = Reflect.get(resource, 'write');
    if (typeof write !== 'function') return;
    const watched = (...args: unknown[]): unknown => {
      this.#startJob(asyncId, weight);
      return Reflect.apply(write, resource, args);
    };
    Object.defineProperty(resource, 'write', { value: watched, writable: true, configurable: true, enumerable: false });
  }
}

function weighing(weight: number, types: string): (readonly [type: string, weight: number])[] {
  return types.split(' ').map((type) => [type, weight] as const);
}
