/** A place in a log that is being written and rolled: gives every line after it once, file after file. */
import { listBackups } from './backups.ts';
import type { Backup } from './backups.ts';
import { numberAfter } from './backup-name.ts';
import { isSameFile, statusAt } from './file-status.ts';
import type { FileStatus } from './file-status.ts';
import { lateWritesMs } from './late-writes.ts';
import { compressedLines, LogSource } from './log-source.ts';
import { targetOf } from './target-path.ts';

/** Rolled files that are kept open for late lines; more of them within lateWritesMs means that lines come faster than they are read. */
const maxRetired = 32;

export class LogCursor {
  readonly #path: string;
  readonly #waitsForLateLines: boolean;
  /** The file that had the name when we last looked. */
  #current: LogSource | undefined;
  /** Rolled files that may still get lines from a writer that was held up, oldest first. */
  #retired: LogSource[] = [];
  /** Backups up to this number have been read, or are among the open files. */
  #lastNumber = 0;

  /**
   * @param path - Of the current file. It need not exist.
   * @param waitsForLateLines - Rolled files stay open for what a writer that was held up may still append. Else each is read to its end,
   * also when that is no line break, and closed.
   */
  constructor(path: string, waitsForLateLines: boolean) {
    this.#path = path;
    this.#waitsForLateLines = waitsForLateLines;
  }

  /** Leaves out all that is there now. */
  async skipToEnd(): Promise<void> {
    this.#current = await LogSource.open(targetOf(this.#path));
    // After the opening: when the file is rolled in between, it is found among the backups, and newer ones are new.
    const backups = listBackups(targetOf(this.#path));
    this.#lastNumber = this.#numberOfCurrent(backups) ?? backups[0]?.number ?? 0;
    this.#current?.skipToEnd();
  }

  /** @yields Complete lines that came since the last time, until the end of the current file. */
  async *newLines(): AsyncGenerator<string, void> {
    for (const source of this.#retired) yield* source.newLines();
    for (;;) {
      if (this.#current !== undefined) yield* this.#current.newLines();
      if (this.#hasName(this.#current)) break;
      // Once more: what came after the last read and before the rename is older than what is in the next file.
      if (this.#current !== undefined) yield* this.#current.newLines();
      yield* this.#goOn();
      if (this.#current === undefined) break;
    }
    yield* this.#letGo();
  }

  /** What stands after the last line breaks. Ends the reading: the rest of such a line would come as one of its own. */
  rests(): string[] {
    return [...this.#retired, this.#current].flatMap((source) => source?.rest() ?? []);
  }

  async close(): Promise<void> {
    const open = [...this.#retired, ...(this.#current === undefined ? [] : [this.#current])];
    this.#retired = [];
    this.#current = undefined;
    for (const source of open) await source.close();
  }

  #hasName(source: LogSource | undefined): boolean {
    const status = statusAt(this.#path);
    return status !== undefined && source !== undefined && isSameFile(status, source.status());
  }

  /**
   * The name refers to another file than before, or to none: reads the backups in between, then opens the file that has it.
   *
   * @yields The lines of those backups.
   */
  async *#goOn(): AsyncGenerator<string, void> {
    this.#retireCurrent();
    yield* this.#letGo();
    const target = targetOf(this.#path);
    for (;;) {
      const next = nextBackup(listBackups(target), this.#lastNumber);
      if (next !== undefined) {
        this.#lastNumber = next.number;
        yield* this.#linesOf(next);
        continue;
      }
      const source = await LogSource.open(target);
      // Rolled between the listing and the opening: then it comes as a backup.
      if (nextBackup(listBackups(target), this.#lastNumber) === undefined) {
        this.#current = source;
        return;
      }
      await source?.close();
    }
  }

  #retireCurrent(): void {
    if (this.#current === undefined) return;
    const backups = listBackups(targetOf(this.#path));
    const number = this.#numberOfCurrent(backups);
    this.#retired.push(this.#current);
    this.#current = undefined;
    if (number !== undefined) this.#lastNumber = number;
    // Numbers begin again where retention has kept nothing.
    else this.#lastNumber = Math.min(this.#lastNumber, backups[0]?.number ?? 0);
  }

  /** Under which number the file that we hold is kept; undefined when it is not. */
  #numberOfCurrent(backups: readonly Backup[]): number | undefined {
    const status = this.#current?.status();
    if (status === undefined) return undefined;
    const kept = backups.find(({ path, number }) => number > this.#lastNumber && hasStatus(path, status));
    // Compressed since we looked (a reader may be slow): another file, but of the number that came next.
    const next = numberAfter(this.#lastNumber);
    return kept?.number ?? backups.find(({ number, isCompressed }) => isCompressed && number === next)?.number;
  }

  async *#linesOf(backup: Backup): AsyncGenerator<string, void> {
    if (backup.isCompressed) {
      yield* compressedLines(backup.path);
      return;
    }
    const source = await LogSource.open(backup.path);
    if (source === undefined) {
      // Compressed since the listing, or deleted.
      yield* compressedLines(`${backup.path}.gz`);
      return;
    }
    this.#retired.push(source);
    yield* source.newLines();
    yield* this.#letGo();
  }

  /**
   * Closes rolled files that will not get any more lines.
   *
   * @yields What stands in them after the last line break.
   */
  async *#letGo(): AsyncGenerator<string, void> {
    const tooMany = this.#waitsForLateLines ? this.#retired.length - maxRetired : Infinity;
    const completeMs = Date.now() - lateWritesMs;
    const done = this.#retired.filter((source, index) => index < tooMany || source.status().mtimeMs < completeMs);
    this.#retired = this.#retired.filter((source) => !done.includes(source));
    for (const source of done) await source.close();
    yield* done.flatMap((source) => source.rest());
  }
}

function nextBackup(newestFirst: readonly Backup[], after: number): Backup | undefined {
  // Of two forms of one backup the plain one is listed first, and findLast would take the other.
  const oldest = newestFirst.findLast(({ number, bytes }) => number > after && bytes > 0);
  return newestFirst.find(({ number }) => number === oldest?.number);
}

function hasStatus(path: string, status: FileStatus): boolean {
  const found = statusAt(path);
  return found !== undefined && isSameFile(found, status);
}
