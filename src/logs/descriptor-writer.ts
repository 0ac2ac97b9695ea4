/**
 * Writes to stdout or stderr at once, without ever waiting for a slow reader and without unbounded memory: what does not fit waits
 * in a bounded queue, what does not fit there is counted and said.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Bytes that wait while a pipe is full: some ten thousand lines, a minute of a busy service. */
const maxWaitingBytes = 4 * 1024 * 1024;
/**
 * A write of so many bytes is in a pipe as a whole or not at all (PIPE_BUF, https://man7.org/linux/man-pages/man7/pipe.7.html), and in a
 * socket as well: the application's own output cannot come between.
 */
const atomicBytes = 4096;
/** The longest that the rest of a longer line is waited for, in milliseconds. */
const patienceMs = 100;
const lineBreak = 10;
const nap = new Int32Array(new SharedArrayBuffer(4));
/** Between two attempts at a full pipe, in milliseconds. */
const retryMs = 10;

/** @param message - What is lost, or cannot be written at all. */
export type ReportLoss = (cause: string, message: string) => void;

// Applications put fake timers into their tests.
const { setTimeout } = globalThis;

export class DescriptorWriter {
  readonly #name: string;
  readonly #report: ReportLoss;
  readonly #standard: 1 | 2;
  #fd: number | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #isGone = false;
  #lostLines = 0;

  constructor(standard: 1 | 2, report: ReportLoss) {
    this.#standard = standard;
    this.#name = standard === 1 ? 'stdout' : 'stderr';
    this.#report = report;
  }

  /** Nobody will ever read it. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Lines that neither stdout nor the queue has taken, since the start. */
  get lostLines(): number {
    return this.#lostLines;
  }

  /** @param lines - Whole lines. */
  write(lines: string | Buffer): void {
    if (this.#isGone) return;
    const bytes = typeof lines === 'string' ? Buffer.from(lines) : lines;
    if (this.#waitingBytes > 0) this.#wait(bytes);
    else this.#attempt(bytes);
  }

  /** At the end of the process: waits for the reader, but not longer than this. @returns Whether everything is out. */
  drain(timeoutMs: number): boolean {
    const endMs = performance.now() + timeoutMs;
    while (this.#waitingBytes > 0 && !this.#isGone) {
      this.#retry();
      if (this.#waitingBytes === 0 || performance.now() >= endMs) break;
      Atomics.wait(nap, 0, 0, 1);
    }
    if (this.#waitingBytes > 0) this.#lose(this.#takeWaiting());
    return this.#lostLines === 0;
  }

  /** The rest of a line that was begun waits too: nothing may come between. */
  #attempt(bytes: Buffer): void {
    const written = this.#tryWrite(bytes);
    if (written < bytes.length && !this.#isGone) this.#enqueue(Buffer.from(bytes.subarray(written)));
  }

  #wait(bytes: Buffer): void {
    if (this.#waitingBytes + bytes.length > maxWaitingBytes) this.#lose(bytes);
    else this.#enqueue(Buffer.from(bytes));
  }

  #enqueue(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // What waits when the event loop is empty is written by `drain`, at the exit.
    setTimeout(() => {
      this.#isScheduled = false;
      this.#retry();
    }, retryMs).unref();
  }

  #retry(): void {
    if (this.#waitingBytes === 0) return;
    this.#attempt(this.#takeWaiting());
  }

  #takeWaiting(): Buffer {
    const [first, ...rest] = this.#waiting;
    const all = first !== undefined && rest.length === 0 ? first : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return all;
  }

  /** @returns How many bytes are out. */
  #tryWrite(bytes: Buffer): number {
    let offset = 0;
    for (let piece = -1; piece !== 0 && offset < bytes.length; offset += piece) {
      piece = this.#writeOnce(bytes, offset, pieceLength(bytes, offset));
    }
    const isHalf = offset > 0 && offset < bytes.length && bytes[offset - 1] !== lineBreak;
    return isHalf ? this.#finishLine(bytes, offset) : offset;
  }

  /** Others write to the same pipe: nobody shall come between the two halves of a line, as long as its reader moves at all. */
  #finishLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(lineBreak, from) + 1 || bytes.length;
    const untilMs = performance.now() + patienceMs;
    let offset = from;
    while (offset < end && !this.#isGone && performance.now() < untilMs) {
      const piece = this.#writeOnce(bytes, offset, end - offset);
      if (piece === 0) Atomics.wait(nap, 0, 0, 1);
      offset += piece;
    }
    return offset;
  }

  /** @returns How many bytes are out; 0 when it is full. */
  #writeOnce(bytes: Buffer, offset: number, length: number): number {
    try {
      this.#fd ??= openWithoutWaiting(this.#standard);
      return writeSync(this.#fd, bytes, offset, length);
    } catch (error) {
      if (!isFull(error)) this.#giveUp(error);
      return 0;
    }
  }

  /** Nobody reads it any more (EPIPE), or it was closed: nothing that the application has to know. */
  #giveUp(error: unknown): void {
    this.#isGone = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#report(
      `${this.#name} gone`,
      `${this.#name} cannot be written any more (${reason}); log lines do not go there`,
    );
  }

  #lose(bytes: Buffer): void {
    this.#lostLines += countLines(bytes);
    const message = `${this.#name} is not read, and ${maxWaitingBytes} bytes of log lines wait for it: more are not written there`;
    this.#report(`${this.#name} full`, message);
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

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EINTR');
}

/**
 * A pipe whose reader stands still would stop the process in `write`. On Linux the pipe can be opened once more without waiting, for
 * us alone (https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html). Sockets cannot; Node itself takes the waiting from
 * those, and from pipes elsewhere, as soon as its stream is made, which `console.log` does as well. Files and terminals stay as they are.
 */
function openWithoutWaiting(standard: 1 | 2): number {
  const status = fstatSync(standard);
  if (status.isFIFO()) {
    try {
      return openSync(`/proc/self/fd/${standard}`, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      // No /proc, or a pipe of another user's.
    }
  }
  if (status.isFIFO() || status.isSocket()) void (standard === 1 ? process.stdout : process.stderr);
  return standard;
}
