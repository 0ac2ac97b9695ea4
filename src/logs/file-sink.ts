/** Gathers the lines of one event-loop turn for a log file. What the file does not take goes to the fallback, at once and once. */
import type { LogFile } from '../files/open-log-file.ts';
import { clearTimeout, setImmediate, setTimeout } from '../real-timers.ts';

export interface FileSinkOptions {
  readonly path: string;
  /** Every line is handed over before `write` returns. */
  readonly isSync: boolean;
  /** Takes whole lines that are in no file. */
  readonly fallback: (lines: Buffer) => void;
  readonly report: (cause: string, message: string) => void;
}

/**
 * Characters gathered before a write within one turn; what SIGKILL can take at most is this and one line. CPU per line of 200
 * characters: see docs/benchmarks.md ("Log lines"); larger gathers gain nothing.
 */
const gatherLength = 65_536;

export class FileSink {
  readonly #file: LogFile;
  readonly #options: FileSinkOptions;
  #gathered = '';
  #isScheduled = false;
  #latest: NodeJS.Timeout | undefined;
  #isSync: boolean;
  #isFailing = false;

  constructor(file: LogFile, options: FileSinkOptions) {
    this.#file = file;
    this.#options = options;
    this.#isSync = options.isSync;
  }

  /** @param line - With its line break. Never throws. */
  write(line: string): void {
    this.#gathered += line;
    if (this.#isSync || this.#gathered.length >= gatherLength) {
      this.flush();
    } else if (!this.#isScheduled) {
      this.#schedule();
    }
  }

  /** Hands everything to the operating system. */
  flush(): void {
    if (this.#gathered === '') return;
    const lines = Buffer.from(this.#gathered);
    this.#gathered = '';
    const appended = this.#file.append(lines);
    if (appended.status === 'failed') this.#failed(appended.unwritten, appended.error);
    else this.#recovered();
  }

  /** Nothing asynchronous runs any more: from here on line by line. */
  end(): void {
    this.#isSync = true;
    this.flush();
    this.#file.close();
  }

  /**
   * Neither keeps the process alive: a line must not give the event loop a turn more than it has without us, in which a timer may
   * come due or `beforeExit` come again. An event loop that sleeps does not come to its immediates, but to its timers.
   */
  #schedule(): void {
    this.#isScheduled = true;
    try {
      setImmediate(this.#turnEnd).unref();
      this.#latest = setTimeout(this.#turnEnd, 1).unref();
    } catch (error) {
      // The stack of the application is at its end: the next line tries again.
      this.#isScheduled = false;
      throw error;
    }
  }

  readonly #turnEnd = (): void => {
    this.#isScheduled = false;
    clearTimeout(this.#latest);
    this.flush();
  };

  #failed(unwritten: Buffer, error: Error): void {
    const { path, fallback, report } = this.#options;
    this.#isFailing = true;
    report(`log file ${path}`, `${error.message}; its lines go to the console until it can be written again`);
    fallback(unwritten);
  }

  #recovered(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.report(`log file ${this.#options.path} again`, `${this.#options.path} is written again`);
  }
}
