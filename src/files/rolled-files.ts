/** What happens beside appending: rolling, deleting and compressing backups. Its problems are reported, and never fail an append. */
import type { LogFileSettings } from '../config/config.ts';
import { Compression } from './compression.ts';
import { lateWritesMs } from './late-writes.ts';
import type { OpenFile } from './open-for-append.ts';
import { prune } from './prune.ts';
import { roll } from './rotation.ts';
import type { ReportTrouble } from './rolling-file.ts';

/** After another process was waited for in vain, lines go on into the full file for so long. */
const pauseAfterBusyMs = 50;
/** The same after the system refused. */
const pauseAfterErrorMs = 1000;

export class RolledFiles {
  readonly #settings: LogFileSettings;
  readonly #report: ReportTrouble;
  readonly #compression: Compression;
  #pauseUntilMs = 0;

  constructor(settings: LogFileSettings, report: ReportTrouble) {
    this.#settings = settings;
    this.#report = report;
    this.#compression = new Compression((error) => this.#say('compress backups of', error));
  }

  /** @returns `rolled` by us, `moved` by another process; `stays`: it has its name still, and cannot be rolled now. Never throws. */
  roll(file: OpenFile): 'rolled' | 'moved' | 'stays' {
    if (performance.now() < this.#pauseUntilMs) return 'stays';
    try {
      const outcome = roll(file, this.#settings.mode);
      if (outcome === 'busy') this.#pauseUntilMs = performance.now() + pauseAfterBusyMs;
      if (outcome === 'rolled') this.tidy(file.target, lateWritesMs);
      return outcome === 'busy' ? 'stays' : outcome;
    } catch (error) {
      this.#pauseUntilMs = performance.now() + pauseAfterErrorMs;
      this.#say('roll', error);
      return 'stays';
    }
  }

  /** Deletes backups beyond the limits, and sees to it that the others are compressed some time. Never throws. */
  tidy(target: string, compressAfterMs: number): void {
    try {
      for (const error of prune(target, this.#settings.keep)) this.#say('delete backups of', error);
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
    const reason = error instanceof Error ? error.message : String(error);
    this.#report(`${what} ${path}`, `cannot ${what} ${path}: ${reason}; its lines are written all the same`);
  }
}
