/**
 * Writes to stdout or stderr at once, without ever waiting for a slow reader and without unbounded memory: what does not fit waits
 * in a bounded queue, what does not fit there is counted and said. Never throws.
 */
import { isCode, meaningOf, openWithoutWaiting } from './open-descriptor.ts';
import type { OpenDescriptor } from './open-descriptor.ts';
import { nowMs, setTimeout } from '../real-timers.ts';

/** @param message - What is lost, or cannot be written at all. */
type ReportLoss = (cause: string, message: string) => void;

export interface DescriptorWriterOptions {
  readonly report: ReportLoss;
  /** Bytes that wait while nobody reads; what comes on top of that is lost. */
  readonly maxWaitingBytes: number;
  /** Nothing stays open between two writes, and nothing is given up for ever. For what is written rarely. */
  readonly isBrief: boolean;
}

/**
 * A write of so many bytes is in a pipe as a whole or not at all (PIPE_BUF, https://man7.org/linux/man-pages/man7/pipe.7.html), and in a
 * socket as well: the application's own output cannot come between.
 */
const atomicBytes = 4096;
/** Waiting lines are put together to at most about so many bytes for one attempt: a whole pipe. */
const attemptBytes = 65_536;
/** The longest that the event loop is held at a time, in milliseconds; the bar is 5, and a nap may take longer than it was asked for. */
const longestHoldMs = 3;
/** From one hold to the next, in milliseconds. */
const holdPauseMs = 30;
/** Between two attempts when there was no room, in milliseconds. */
const retryMs = 10;
const lineBreak = 10;
const nap = new Int32Array(new SharedArrayBuffer(4));

/** How long one go at the waiting lines may take. Both by `nowMs`. */
interface Patience {
  /** From then on nothing more is written, though there may be room. */
  readonly writeUntilMs: number;
  /** From then on the reader is not waited for. */
  readonly waitUntilMs: number;
}

export class DescriptorWriter {
  readonly #name: string;
  readonly #options: DescriptorWriterOptions;
  readonly #standard: 1 | 2;
  /** The application may close it, and get its number again for a file of its own. */
  readonly #meaning: string | undefined;
  #descriptor: OpenDescriptor | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #isGone = false;
  #isLineOpen = false;
  #lostLines = 0;
  #hold: Patience = { writeUntilMs: 0, waitUntilMs: 0 };
  #nextHoldMs = 0;

  constructor(standard: 1 | 2, options: DescriptorWriterOptions) {
    this.#standard = standard;
    this.#name = standard === 1 ? 'stdout' : 'stderr';
    this.#options = options;
    this.#meaning = meaningOf(standard);
  }

  /** Nobody will ever read it. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** @param lines - Whole lines. */
  write(lines: string | Buffer): void {
    if (this.#isGone) return;
    const bytes = typeof lines === 'string' ? Buffer.from(lines) : lines;
    if (this.#waitingBytes > 0) this.#wait(bytes);
    else this.#attempt(bytes, undefined);
    this.#release();
  }

  /** At the end of the process: waits for the reader, but not longer than this. What there is room for is written all the same. */
  drain(timeoutMs: number): void {
    const endMs = nowMs() + timeoutMs;
    while (this.#waitingBytes > 0 && !this.#isGone) {
      this.#retry({ writeUntilMs: Infinity, waitUntilMs: endMs });
      if (this.#waitingBytes === 0 || nowMs() >= endMs) break;
      Atomics.wait(nap, 0, 0, 1);
    }
    for (const bytes of this.#takeWaiting(Infinity)) this.#lostLines += countLines(bytes);
    this.#release();
    if (this.#lostLines > 0 && !this.#isGone) {
      const message = `${this.#lostLines} log lines were not written to ${this.#name}, which did not take them in time`;
      this.#options.report(`${this.#name} lost`, message);
    }
  }

  /** The rest of a line that was begun waits too, in front: nothing of ours may come between. @returns Whether all of it is out. */
  #attempt(bytes: Buffer, patience: Patience | undefined): boolean {
    const written = this.#tryWrite(bytes, patience);
    if (written >= bytes.length || this.#isGone) return true;
    const rest = Buffer.from(bytes.subarray(written));
    this.#waiting.unshift(rest);
    this.#waitingBytes += rest.length;
    this.#schedule();
    return false;
  }

  #wait(bytes: Buffer): void {
    if (this.#waitingBytes + bytes.length > this.#options.maxWaitingBytes) {
      this.#lose(bytes);
      return;
    }
    this.#waiting.push(Buffer.from(bytes));
    this.#waitingBytes += bytes.length;
    this.#schedule();
  }

  /** What waits when the event loop is empty is written by `drain`, at the exit. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#retry(this.#holdNow());
      this.#release();
    }, retryMs).unref();
  }

  #retry(patience: Patience): void {
    while (this.#waitingBytes > 0) {
      if (!this.#attempt(Buffer.concat(this.#takeWaiting(attemptBytes)), patience)) return;
      if (this.#waitingBytes > 0 && nowMs() >= patience.writeUntilMs) {
        this.#schedule();
        return;
      }
    }
  }

  /** From the front, at most about so many bytes, and at least one piece. */
  #takeWaiting(maxBytes: number): Buffer[] {
    let count = 0;
    let bytes = 0;
    for (const piece of this.#waiting) {
      if (count > 0 && bytes + piece.length > maxBytes) break;
      bytes += piece.length;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** @returns How many bytes are out, or lost. */
  #tryWrite(bytes: Buffer, patience: Patience | undefined): number {
    let offset = this.#writeOnce(bytes, 0, pieceLength(bytes, 0));
    if (offset === bytes.length) return offset;
    const { writeUntilMs, waitUntilMs } = patience ?? this.#holdNow();
    for (let piece = offset; piece !== 0 && offset < bytes.length && nowMs() < writeUntilMs; offset += piece) {
      piece = this.#writeOnce(bytes, offset, pieceLength(bytes, offset));
    }
    const isHalf = offset > 0 && offset < bytes.length && bytes[offset - 1] !== lineBreak;
    return isHalf ? this.#finishLine(bytes, offset, waitUntilMs) : offset;
  }

  /** Others write to the same pipe: nobody shall come between the two halves of a line, if its reader makes room in time. */
  #finishLine(bytes: Buffer, from: number, untilMs: number): number {
    const end = bytes.indexOf(lineBreak, from) + 1 || bytes.length;
    let offset = from;
    while (offset < end && !this.#isGone) {
      const piece = this.#writeOnce(bytes, offset, end - offset);
      offset += piece;
      if (piece > 0) continue;
      if (nowMs() + 1 >= untilMs) break;
      Atomics.wait(nap, 0, 0, 1);
    }
    return offset;
  }

  /** Many long lines, each with a little patience, would be a long hold together: all of them share one. */
  #holdNow(): Patience {
    const startMs = nowMs();
    if (startMs >= this.#nextHoldMs) {
      const endMs = startMs + longestHoldMs;
      this.#hold = { writeUntilMs: endMs, waitUntilMs: endMs };
      this.#nextHoldMs = startMs + holdPauseMs;
    }
    return this.#hold;
  }

  /** @returns How many bytes are out, or lost; 0 when there is no room. */
  #writeOnce(bytes: Buffer, offset: number, length: number): number {
    try {
      this.#descriptor ??= this.#open();
      if (this.#isLineOpen) this.#closeLine(this.#descriptor);
      return this.#descriptor.write(bytes, offset, length);
    } catch (error) {
      if (isCode(error, 'EAGAIN') || isCode(error, 'EINTR')) return 0;
      this.#isLineOpen ||= offset > 0 && bytes[offset - 1] !== lineBreak;
      this.#lostLines += countLines(bytes.subarray(offset, offset + length));
      this.#failed(error);
      return length;
    }
  }

  #open(): OpenDescriptor {
    if (this.#meaning === undefined || meaningOf(this.#standard) !== this.#meaning) {
      throw Object.assign(new Error('EBADF: it was closed'), { code: 'EBADF' });
    }
    return openWithoutWaiting(this.#standard);
  }

  /** After a line that a full disk has cut off. */
  #closeLine(descriptor: OpenDescriptor): void {
    descriptor.write(Buffer.from('\n'), 0, 1);
    this.#isLineOpen = false;
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (!isCode(error, 'ENOSPC') && !isCode(error, 'EDQUOT') && !isCode(error, 'EFBIG')) {
      this.#giveUp(reason);
      return;
    }
    // A disk may have room again later; until then each line costs one attempt.
    const message = `${this.#name} has no room (${reason}); log lines are not written there until it has`;
    this.#options.report(`${this.#name} without room`, message);
  }

  /** Nobody reads it any more (EPIPE), or it was closed: nothing that the application has to know. */
  #giveUp(reason: string): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#options.isBrief) return;
    this.#isGone = true;
    const message = `${this.#name} cannot be written any more (${reason}); log lines do not go there`;
    this.#options.report(`${this.#name} gone`, message);
  }

  #lose(bytes: Buffer): void {
    this.#lostLines += countLines(bytes);
    const { report, maxWaitingBytes } = this.#options;
    const message = `${this.#name} is not read, and ${maxWaitingBytes} bytes of log lines wait for it: more are not written there`;
    report(`${this.#name} full`, message);
  }

  #release(): void {
    if (!this.#options.isBrief || this.#descriptor === undefined) return;
    this.#descriptor.release();
    this.#descriptor = undefined;
  }
}

/** Whole lines of up to `atomicBytes`; a longer one alone. */
function pieceLength(bytes: Buffer, offset: number): number {
  if (bytes.length - offset <= atomicBytes) return bytes.length - offset;
  const within = bytes.lastIndexOf(lineBreak, offset + atomicBytes - 1) + 1;
  if (within > offset) return within - offset;
  const end = bytes.indexOf(lineBreak, offset) + 1;
  return (end === 0 ? bytes.length : end) - offset;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineBreak); at !== -1; at = bytes.indexOf(lineBreak, at + 1)) count += 1;
  return count;
}
