/** What happens beside appending: rolling, deleting and compressing backups. Its problems are reported, and never fail an append. */
import type { LogFileSettings } from '../config/config.ts';
import { Compression } from './compression.ts';
import type { FileClock } from './file-clock.ts';
import { lateWritesMs } from './late-writes.ts';
import type { OpenFile } from './open-for-append.ts';
import { prune } from './prune.ts';
import { roll } from './rotation.ts';
import type { ReportTrouble } from './rolling-file.ts';
import { thrownWords } from '../errors.ts';

/** The longest that one append waits for another process that rolls. */
const patienceMs = 100;
/**
 * So many appends in a row wait that long. A process that rolls needs less than a millisecond, and on an overloaded machine (8
 * busy processes to a core) more than 100; until it is done each append adds its lines to a full file.
 */
const patientAppends = 5;
/** Then nobody is waited for, most of the time: whoever has the claim may be stopped, or of another host and dead. */
const pauseAfterBusyMs = 50;
const shortPatienceMs = 5;
/** After the system refused. */
const pauseAfterErrorMs = 1000;

/** One try to roll. */
export interface RollAttempt {
  /** For another process that is at it. */
  readonly mayWait: boolean;
  /** Whether a new hour or day is the reason, and still is one; undefined when it is not the reason. */
  readonly isDue: (() => boolean) | undefined;
}

export class RolledFiles {
  readonly #settings: LogFileSettings;
  readonly #report: ReportTrouble;
  readonly #clock: FileClock;
  readonly #compression: Compression;
  #pauseUntilMs = 0;
  /** Appends in a row that have waited in vain. */
  #waits = 0;

  /** @param clock - Stamps the files. */
  constructor(settings: LogFileSettings, clock: FileClock, report: ReportTrouble) {
    this.#settings = settings;
    this.#clock = clock;
    this.#report = report;
    this.#compression = new Compression(clock, (error) => this.#say('compress backups of', error));
  }

  /** @returns `rolled` by us, `moved` by another process; `stays`: it has its name still, and cannot be rolled now. Never throws. */
  roll(file: OpenFile, { mayWait, isDue }: RollAttempt): 'rolled' | 'moved' | 'stays' {
    if (performance.now() < this.#pauseUntilMs) return 'stays';
    const longest = this.#waits < patientAppends ? patienceMs : shortPatienceMs;
    try {
      const patience = mayWait ? longest : 0;
      const outcome = roll(file, { mode: this.#settings.mode, patienceMs: patience, clock: this.#clock, isDue });
      if (outcome === 'busy') return this.#stays(mayWait);
      this.#waits = 0;
      if (outcome === 'early') return 'stays';
      if (outcome === 'rolled') this.tidy(file.target, lateWritesMs);
      return outcome;
    } catch (error) {
      this.#pauseUntilMs = performance.now() + pauseAfterErrorMs;
      this.#say('roll', error);
      return 'stays';
    }
  }

  #stays(hasWaited: boolean): 'stays' {
    if (hasWaited) this.#waits++;
    if (this.#waits > patientAppends) this.#pauseUntilMs = performance.now() + pauseAfterBusyMs;
    return 'stays';
  }

  /** Deletes backups beyond the limits, and sees to it that the others are compressed some time. Never throws. */
  tidy(target: string, compressAfterMs: number): void {
    try {
      for (const error of prune(target, this.#settings.keep, this.#clock.nowMs()))
        this.#say('delete backups of', error);
    } catch (error) {
      this.#say('delete backups of', error);
    }
    if (this.#settings.compresses) this.#compression.schedule(target, compressAfterMs);
  }

  /** Gives up what is being done in the background. */
  stop(): void {
    this.#compression.stop();
  }

  #say(what: string, error: unknown): void {
    const { path } = this.#settings;
    this.#report(
      `${what} ${path}`,
      `cannot ${what} ${path}: ${thrownWords(error)}; its lines are written all the same`,
    );
  }
}
