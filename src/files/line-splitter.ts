/** Cuts bytes that come in pieces into lines. */

const lineBreak = 10;

/** A line longer than this comes in several pieces, so that a file without line breaks cannot fill the memory. Bytes. */
const maxLineBytes = 64 * 1024 * 1024;

export class LineSplitter {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** @returns The lines that are complete by now, without line breaks; empty ones are left out. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineBreak); end !== -1; end = chunk.indexOf(lineBreak, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#take(lines);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    if (this.#bytes > maxLineBytes) this.#take(lines);
    return lines;
  }

  /** @returns What came after the last line break, as a line; none when nothing did. */
  rest(): string[] {
    const lines: string[] = [];
    this.#take(lines);
    return lines;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    // A copy: the caller reads into the same buffer again.
    this.#pieces.push(Buffer.from(piece));
    this.#bytes += piece.length;
  }

  #take(lines: string[]): void {
    if (this.#bytes === 0) return;
    lines.push(Buffer.concat(this.#pieces, this.#bytes).toString('utf8'));
    this.#pieces = [];
    this.#bytes = 0;
  }
}
