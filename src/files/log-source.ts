/** One file of a log, open for reading: it goes on giving lines for as long as some writer appends to it, under whatever name. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { statusOfOpen } from './file-status.ts';
import type { FileStatus } from './file-status.ts';
import { LineSplitter } from './line-splitter.ts';
import { codeOf } from '../errors.ts';

/** Bytes read at a time. */
const chunkBytes = 65_536;

export class LogSource {
  readonly #handle: FileHandle;
  readonly #buffer: Buffer = Buffer.allocUnsafe(chunkBytes);
  #lines = new LineSplitter();
  #position = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @returns Undefined when there is no such file. */
  static async open(path: string): Promise<LogSource | undefined> {
    try {
      return new LogSource(await open(path, 'r'));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  status(): FileStatus {
    return statusOfOpen(this.#handle.fd);
  }

  /** Leaves out what is in the file now. */
  skipToEnd(): void {
    this.#position = this.status().size;
  }

  /** @yields The complete lines that came since the last time. */
  async *newLines(): AsyncGenerator<string, void> {
    // Somebody has emptied it (logrotate's copytruncate): it starts anew.
    if (this.status().size < this.#position) this.#startAnew();
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#buffer, 0, chunkBytes, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      yield* this.#lines.push(this.#buffer.subarray(0, bytesRead));
    }
  }

  /** What is left after the last line break; only for a file to which nothing will come. */
  rest(): string[] {
    return this.#lines.rest();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #startAnew(): void {
    this.#position = 0;
    this.#lines = new LineSplitter();
  }
}

/**
 * @yields All lines of a compressed backup; none when it does not exist any more.
 * @throws Error naming the file when it is damaged; the lines before the damage have been given.
 */
export async function* compressedLines(path: string): AsyncGenerator<string, void> {
  const lines = new LineSplitter();
  try {
    const content: AsyncIterable<Buffer> = pipeline(createReadStream(path), createGunzip(), () => {
      // An error reaches the loop below as well.
    });
    for await (const chunk of content) yield* lines.push(chunk);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    throw new Error(`cannot read ${path}: it must be whole and compressed by gzip`, { cause });
  }
  yield* lines.rest();
}
