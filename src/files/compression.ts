/**
 * Compresses backups in the background: between pieces the event loop is free, and the process may end at any of them.
 *
 * No line is lost to it. A writer that was held up may append to a file that was rolled already (late-writes.ts), so:
 *   1. a backup is left alone until its last write is lateWritesMs ago;
 *   2. it is read to its end, and again while it has grown;
 *   3. the compressed file is on disk and has its name before the plain one is unlinked;
 *   4. a write before the unlinking is seen in the size afterwards, by the descriptor that is still open, and added. A write after it
 *      finds that its file has no name any more, and is made again by the writer. Only a writer whose line comes before the unlinking
 *      and whose look comes after it would have it twice: microseconds, ten seconds too late.
 *
 * A process that dies in between leaves `.gz.part`, which prune() deletes, or both forms, of which the plain one is compressed again.
 */
import { constants, rmSync } from 'node:fs';
import { appendFile, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { Gzip } from 'node:zlib';

import { compressedName } from './backup-name.ts';
import { listBackups } from './backups.ts';
import type { Backup } from './backups.ts';
import type { FileClock } from './file-clock.ts';
import { lateWritesMs } from './late-writes.ts';
import { unfinishedSuffix } from './prune.ts';
import { codeOf } from '../errors.ts';
import { clearTimeout, setTimeout } from '../real-timers.ts';

/** Bytes read at a time. An exit in the middle waits for one piece: about 10 ms. */
const pieceBytes = 262_144;

/** A link that somebody has put in the place of a backup since we looked is an error, not followed. Windows has no such flag. */
const notLinks = constants.O_NOFOLLOW ?? 0;
const appendFlags = constants.O_WRONLY | constants.O_APPEND | notLinks;

/** The backups of one log file, compressed one after the other. */
export class Compression {
  readonly #clock: FileClock;
  readonly #onTrouble: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #target = '';
  /** Of the file that is being made. */
  #unfinished: string | undefined;
  /** Counts up at each stop: work of an earlier run sees that it is over. */
  #run = 0;

  /** @param clock - Stamps the files. */
  constructor(clock: FileClock, onTrouble: (error: unknown) => void) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** Looks for backups to compress after that time, at the latest; never keeps the process alive. */
  schedule(target: string, delayMs: number): void {
    this.#target = target;
    if (this.#timer !== undefined || this.#unfinished !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#compressAll().catch(this.#onTrouble);
    }, delayMs).unref();
  }

  /** Ends at once; what is unfinished is deleted. */
  stop(): void {
    this.#run++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unfinished !== undefined) rmSync(this.#unfinished, { force: true });
    this.#unfinished = undefined;
  }

  async #compressAll(): Promise<void> {
    const run = this.#run;
    const plain = listBackups(this.#target).filter(({ isCompressed, bytes }) => !isCompressed && bytes > 0);
    const isComplete = ({ mtimeMs }: Backup): boolean => this.#clock.nowMs() - mtimeMs > lateWritesMs;
    for (const { path } of plain.filter(isComplete).toReversed()) {
      await this.#compress(path, () => this.#run !== run);
      if (this.#run !== run) return;
    }
    if (!plain.every(isComplete)) this.schedule(this.#target, lateWritesMs);
  }

  async #compress(path: string, isOver: () => boolean): Promise<void> {
    const unfinished = path + unfinishedSuffix;
    // Exclusively: of several processes one does it.
    const output = await openOrUndefined(unfinished, 'wx', 0o600);
    if (output === undefined) return;
    if (isOver()) {
      // Stopped while the file was being made: nobody else knows of it.
      await output.close();
      await rm(unfinished, { force: true });
      return;
    }
    this.#unfinished = unfinished;
    try {
      await compressInto(output, { path, unfinished, isOver });
    } finally {
      await output.close();
      // Has its name already, unless something went wrong.
      if (!isOver()) await rm(unfinished, { force: true });
      this.#unfinished = undefined;
    }
  }
}

interface Task {
  readonly path: string;
  readonly unfinished: string;
  readonly isOver: () => boolean;
}

async function compressInto(output: FileHandle, task: Task): Promise<void> {
  const source = await openOrUndefined(task.path, constants.O_RDONLY | notLinks);
  // Retention was faster.
  if (source === undefined) return;
  try {
    const bytes = await compressContent(source, output, task.isOver);
    if (bytes === undefined) return;
    const { mode, atime, mtime } = await source.stat();
    await output.chmod(mode);
    await output.sync();
    // Retention by age goes by the last line, in either form.
    await output.utimes(atime, mtime);
    await replaceBy(output, { ...task, source, bytes });
  } finally {
    await source.close();
  }
}

/** @returns How much was read; undefined when it was stopped. */
async function compressContent(
  source: FileHandle,
  output: FileHandle,
  isOver: () => boolean,
): Promise<number | undefined> {
  const gzip = createGzip();
  const ready: Buffer[] = [];
  gzip.on('data', (piece: Buffer) => ready.push(piece));
  gzip.on('error', () => {
    // Without a listener it would end the process; the callback of the write that failed has the error.
  });
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (let position = 0; ;) {
    const { bytesRead } = await source.read(buffer, 0, pieceBytes, position);
    position += bytesRead;
    const isLast = bytesRead === 0;
    await (isLast ? ended(gzip) : written(gzip, buffer.subarray(0, bytesRead)));
    for (const piece of ready.splice(0)) await output.write(piece);
    if (isLast) return position;
    await freePause();
    if (isOver()) return undefined;
  }
}

async function written(gzip: Gzip, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    gzip.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

async function ended(gzip: Gzip): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    gzip.once('error', reject).once('end', resolve).end();
  });
}

/** One turn of the event loop, if it has anything else to do: a process that is done ends here. */
async function freePause(): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 1).unref();
  });
}

async function replaceBy(output: FileHandle, task: Task & { source: FileHandle; bytes: number }): Promise<void> {
  const { path, unfinished, source, bytes } = task;
  const compressed = compressedName(path);
  const [own, found] = [await output.stat(), await stat(unfinished).catch(() => undefined)];
  // Stopped, or taken for dead and deleted after a minute's standstill.
  if (task.isOver() || found?.ino !== own.ino) return;
  await rename(unfinished, compressed);
  try {
    await rm(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Retention has deleted the backup meanwhile, and means both forms.
    await rm(compressed, { force: true });
    return;
  }
  const { size } = await source.stat();
  if (size <= bytes) return;
  const late = Buffer.alloc(size - bytes);
  await source.read(late, 0, late.length, bytes);
  // A gzip file may have several members; what reads them reads one after the other.
  await appendFile(compressed, gzipSync(late), { flag: appendFlags });
}

/** @returns Undefined when a file to be made exists, or one to be read does not. */
async function openOrUndefined(path: string, flags: string | number, mode?: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags, mode);
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return undefined;
    throw error;
  }
}
