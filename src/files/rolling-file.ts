/**
 * Appends log lines to one file and rolls it. The only code that writes to log files; it never throws, never waits long, and never
 * shortens a file that others write too.
 *
 *   stat(name)     which file has the name now, and how long is it?   another one: open it.  full: roll it, look again
 *   write(lines)   whole lines, by O_APPEND: local file systems append each write in one piece
 *   fstat(file)    has it still a name?   no: deleted in between, write again
 *
 * The three calls cost 5.1 us where the write alone costs 1.4 (ext4, Node 24, November 2026; bench/rolling-file.ts). One look per
 * millisecond was tried, and dropped for 1.8 us less: after a rename lines went on into the old file for that long.
 *
 * Two things leave a piece of a line in a file: a write that a full disk cut short, and a writer killed in the middle of one. Such a piece is
 * ended with a line break by whoever writes next. It is the only thing besides whole lines in a file, and the line that it is
 * a piece of is nowhere else in the file unless it was written again, whole.
 */
import { closeSync, readSync, writeSync } from 'node:fs';

import type { LogFileSettings } from '../config/config.ts';
import { FileClock } from './file-clock.ts';
import { isSameFile, statusAt, statusOfOpen } from './file-status.ts';
import type { FileStatus } from './file-status.ts';
import { openForAppend } from './open-for-append.ts';
import type { OpenFile } from './open-for-append.ts';
import { firstLineBytes, fittingBytes, landedBytes } from './piece.ts';
import { RolledFiles } from './rolled-files.ts';
import { SharedRoom } from './shared-room.ts';
import { TimeRolls } from './time-rolls.ts';
import { thrownWords } from '../errors.ts';

/** What became of the lines that were to be appended. */
export type Appended =
  /** The operating system has them all, in the file that has our name. */
  | { readonly status: 'written' }
  /** `unwritten` are whole lines that are in no file; the caller has to put them somewhere else. Never the ones that were written. */
  | { readonly status: 'failed'; readonly unwritten: Buffer; readonly error: Error };

/** Says what goes wrong without failing an append, e.g. a backup that cannot be deleted: each cause once. */
export type ReportTrouble = (cause: string, message: string) => void;

/** After a failure the disk is left alone for so long: a full or missing one would cost each line several system calls. */
const retryAfterMs = 1000;

/** Deleted this often between our look and our write: somebody is at war with us. */
const maxRewrites = 16;

/** Another writer that never ends a line must not hold us up. */
const maxLooks = 100;

/** Backups of an earlier run are compressed soon after the start, but not within it. */
const firstCompressionMs = 1000;

const lineBreak = 10;
const lineBreakBytes = Buffer.from('\n');
const nothing = Buffer.alloc(0);
const written: Appended = { status: 'written' };

/** One writer of a file that other processes and threads may write too. */
export class RollingFile {
  readonly #settings: LogFileSettings;
  readonly #clock = new FileClock();
  readonly #rolled: RolledFiles;
  readonly #timeRolls: TimeRolls;
  readonly #room: SharedRoom;
  readonly #lastByte: Buffer = Buffer.alloc(1);
  #file: OpenFile | undefined;
  #isStarted = false;
  /** Backups have been looked through, which needs the file system's time. */
  #isTidy = false;
  /** Opened, and not looked at again since. */
  #isNew = false;
  /** Length of the file after our last write, when that was all that came and ended a line; else -1. Bytes. */
  #wholeBytes = -1;
  /** Whole lines to be written: first what is left of the caller's, then those that have to be written again. */
  #pending: Buffer[] = [];
  #rewrites = 0;
  /** Length of the file when it ended in a half line. Bytes. */
  #halfBytes = -1;
  /** For the end of another's write, in this append. */
  #looks = 0;
  /** For another that rolls: once in an append. */
  #mayWait = true;
  #failure: { readonly error: Error; readonly untilMs: number } | undefined;

  constructor(settings: LogFileSettings, report: ReportTrouble) {
    this.#settings = settings;
    this.#rolled = new RolledFiles(settings, this.#clock, report);
    this.#timeRolls = new TimeRolls(settings.rollEvery, this.#clock);
    this.#room = new SharedRoom(settings.maxBytes);
  }

  /**
   * @param lines - Whole lines, each with its line break. Synchronous; never throws.
   * @returns `failed` at once, without a look at the disk, for a second after a failure.
   */
  append(lines: Buffer): Appended {
    const failure = this.#failure;
    if (failure !== undefined && performance.now() < failure.untilMs) {
      return { status: 'failed', unwritten: lines, error: failure.error };
    }
    this.#pending = lines.length === 0 ? [] : [lines];
    this.#rewrites = 0;
    this.#halfBytes = -1;
    this.#looks = 0;
    this.#mayWait = true;
    try {
      for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) this.#appendSome(next);
      this.#failure = undefined;
      return written;
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  /** Gives the file back; a later `append` opens it again. */
  close(): void {
    this.#letGo();
    this.#rolled.stop();
    this.#isStarted = false;
    this.#isTidy = false;
  }

  #failed(cause: unknown): Appended {
    const error = new Error(`cannot append to ${this.#settings.path}: ${thrownWords(cause)}`, { cause });
    this.#failure = { error, untilMs: performance.now() + retryAfterMs };
    this.#letGo();
    return { status: 'failed', unwritten: Buffer.concat(this.#pending), error };
  }

  #letGo(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#wholeBytes = -1;
    if (file === undefined) return;
    try {
      closeSync(file.fd);
    } catch {
      // EBADF, or a late EIO: the operating system had the lines, and there is nothing to be done about the descriptor.
    }
  }

  /** Writes what fits of the first pending lines and takes that off; or rolls the file, and takes nothing off. */
  #appendSome(lines: Buffer): void {
    const status = this.#lookAtFile();
    if (this.#timeRolls.isDue(status) && this.#roll(() => this.#timeRolls.isDue(status))) return;
    const isHalf = this.#endsInHalfLine(status);
    if (isHalf && !this.#isSettled(status)) return;
    const room = this.#room.room(isHalf ? status.size + 1 : status.size);
    const fitting = fittingBytes(lines, room);
    if (fitting === 0 && this.#roll()) return;
    if (this.#isNew) {
      // Opening takes long, and the first run of this code too: others may have filled the file since.
      this.#isNew = false;
      return;
    }
    // Nothing fits, and the file cannot be rolled: rather too long a file than lost lines.
    const piece = lines.subarray(0, fitting === 0 ? fittingBytes(lines, { ...room, limitBytes: Infinity }) : fitting);
    const done = this.#write(piece, { bytesBefore: status.size, isHalf });
    if (done === lines.length) this.#pending.shift();
    else this.#pending[0] = lines.subarray(done);
  }

  /** Opens the file that has the name, unless that is the one we have. */
  #lookAtFile(): FileStatus {
    const status = statusAt(this.#settings.path);
    if (this.#file !== undefined && status !== undefined && isSameFile(status, this.#file.status)) return status;
    if (this.#file !== undefined) this.#room.seeOthers();
    return this.#open();
  }

  #open(): FileStatus {
    this.#letGo();
    const file = openForAppend(this.#settings.path, this.#settings.mode);
    this.#file = file;
    this.#isNew = true;
    this.#timeRolls.forgetFile();
    if (!this.#isStarted) this.#room.suspectOthers();
    this.#isStarted = true;
    return file.status;
  }

  /**
   * @param isDue - When a new hour or day is the reason.
   * @returns Whether another look at the name is worth while.
   */
  #roll(isDue?: () => boolean): boolean {
    const attempt = { mayWait: this.#mayWait, isDue };
    const outcome = this.#file === undefined ? 'moved' : this.#rolled.roll(this.#file, attempt);
    if (outcome === 'stays') this.#mayWait = false;
    else if (isDue !== undefined) this.#timeRolls.noteBegun();
    // Also when it only moved: the directory itself may have got another name.
    if (outcome !== 'stays') this.#letGo();
    if (outcome === 'moved') this.#room.seeOthers();
    return outcome !== 'stays';
  }

  /** Only a look at its last byte tells, unless our own whole line is there. */
  #endsInHalfLine({ size }: FileStatus): boolean {
    if (size === this.#wholeBytes || size === 0 || this.#file === undefined) return false;
    if (this.#wholeBytes !== -1) this.#room.seeOthers();
    // Nothing read: emptied since.
    return readSync(this.#file.fd, this.#lastByte, 0, 1, size - 1) === 1 && this.#lastByte[0] !== lineBreak;
  }

  /**
   * A write in progress looks like a half line too: the length grows page by page. An empty write waits for it, because writes to one
   * file take turns (the inode's lock); what is still half and no longer after that was left so.
   */
  #isSettled({ size }: FileStatus): boolean {
    if (size === this.#halfBytes || this.#looks > maxLooks || this.#file === undefined) return true;
    this.#halfBytes = size;
    this.#looks++;
    writeSync(this.#file.fd, nothing);
    return false;
  }

  /** @returns How much of the lines is in the file, whole; the rest has to be written again. */
  #write(lines: Buffer, found: { readonly bytesBefore: number; readonly isHalf: boolean }): number {
    if (this.#file === undefined) return 0;
    const bytes = found.isHalf ? Buffer.concat([lineBreakBytes, lines]) : lines;
    const beforeMs = Date.now();
    const landed = writeSync(this.#file.fd, bytes) - (bytes.length - lines.length);
    const after = unlessItFails(this.#file.fd, statusOfOpen);
    if (after !== undefined) this.#learnTime(after, beforeMs);
    if (after !== undefined && this.#isGone(after)) return 0;
    const isWhole = landed === lines.length;
    const isAlone = after?.size === found.bytesBefore + bytes.length;
    this.#wholeBytes = isWhole && isAlone ? after.size : -1;
    if (isWhole && isAlone) return landed;
    const done = isWhole ? landed : landedBytes(lines, landed);
    if (isAlone || after === undefined) return done;
    this.#room.seeOthers();
    const first = lines.subarray(0, firstLineBytes(lines));
    // A line break came first if the file ended in a half line; else one may have come after our look.
    const isGlued = !found.isHalf && this.#isGlued(lines.subarray(0, landed), found.bytesBefore, after.size);
    if (isGlued && done >= first.length) this.#pending.push(Buffer.from(first));
    return done;
  }

  #learnTime({ mtimeMs }: FileStatus, beforeMs: number): void {
    this.#clock.learn(mtimeMs, beforeMs);
    if (this.#isTidy || this.#file === undefined) return;
    this.#isTidy = true;
    this.#rolled.tidy(this.#file.target, firstCompressionMs);
  }

  /** Deleted between our look and our write, or no longer the file that we opened: somebody has closed our descriptor. */
  #isGone(after: FileStatus): boolean {
    const opened = this.#file?.status;
    // Some file systems count no names; then it was 0 from the beginning.
    const isDeleted = after.nlink === 0 && opened?.nlink !== 0;
    if (!isDeleted && opened !== undefined && isSameFile(after, opened)) return false;
    this.#rewrites++;
    if (this.#rewrites > maxRewrites) throw new Error(`it was deleted ${maxRewrites} times while it was written`);
    // Not ours to close, when the descriptor refers to another file.
    if (!isDeleted) this.#file = undefined;
    this.#letGo();
    return true;
  }

  /** Whether a half line that another writer left between our look and our write is in front of our first line. */
  #isGlued(lines: Buffer, from: number, to: number): boolean {
    if (this.#file === undefined || to - from <= lines.length) return false;
    const region = Buffer.allocUnsafe(to - from);
    const bytesRead = unlessItFails(this.#file.fd, (fd) => readSync(fd, region, 0, region.length, from)) ?? 0;
    const found = region.subarray(0, bytesRead);
    const start = found.indexOf(lines);
    return start > 0 && found[start - 1] !== lineBreak;
  }
}

/** For what comes after a write: its lines are in the file, and no error may make the caller believe that they are not. */
function unlessItFails<T>(fd: number, look: (fd: number) => T): T | undefined {
  try {
    return look(fd);
  } catch {
    // The next append meets the same trouble, and says it.
    return undefined;
  }
}
