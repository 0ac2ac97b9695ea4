/** Appends log lines to one file and rolls it. The only code that writes to log files. */
import type { LogFileSettings } from '../config/config.ts';

/** What became of the lines that were to be appended. */
export type Appended =
  /** The operating system has them all, in the file that has our name. */
  | { readonly status: 'written' }
  /** `unwritten` are whole lines that are in no file; the caller has to put them somewhere else. Never the ones that were written. */
  | { readonly status: 'failed'; readonly unwritten: Buffer; readonly error: Error };

/** Says what goes wrong without failing an append, e.g. a backup that cannot be deleted: each cause once. */
export type ReportTrouble = (cause: string, message: string) => void;

/** One writer of a file that other processes and threads may write too. */
export class RollingFile {
  readonly #settings: LogFileSettings;
  readonly #report: ReportTrouble;

  constructor(settings: LogFileSettings, report: ReportTrouble) {
    this.#settings = settings;
    this.#report = report;
  }

  /** @param lines - Whole lines, each with its line break. Synchronous; never throws. */
  append(lines: Buffer): Appended {
    const error = new Error(`cannot append to ${this.#settings.path}: not built yet`);
    this.#report('rolling file', error.message);
    return { status: 'failed', unwritten: lines, error };
  }

  /** Gives the file back; a later `append` opens it again. */
  close(): void {
    // Holds nothing yet.
  }
}
