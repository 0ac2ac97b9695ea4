/** How much of some lines fits into a file, and which of them a short write has brought there. Pure: no disk. Lengths in bytes. */

const lineBreak = 10;

/** What limits a write. */
export interface Room {
  /** Length of the file now. */
  readonly fileBytes: number;
  /** The file must not become longer; Infinity without a limit. */
  readonly limitBytes: number;
  /** The longest single write, unless one line is longer. */
  readonly writeBytes: number;
}

/**
 * @param lines - Whole lines, at least one.
 * @returns The length of the first lines that may be appended by one write; 0: the file has to be rolled first. An empty file takes any
 * line: one that is longer than the limit gets a file of its own.
 */
export function fittingBytes(lines: Buffer, { fileBytes, limitBytes, writeBytes }: Room): number {
  const spareBytes = limitBytes - fileBytes;
  if (lines.length <= spareBytes && lines.length <= writeBytes) return lines.length;
  const firstLine = firstLineBytes(lines);
  if (firstLine > spareBytes) return fileBytes === 0 ? firstLine : 0;
  return Math.max(firstLine, wholeLines(lines, Math.min(spareBytes, writeBytes)));
}

/**
 * @param lines - Whole lines, of which `landed` bytes are in the file.
 * @returns The length of those that are whole there. One that lacks nothing but its line break counts: the next writer adds that.
 */
export function landedBytes(lines: Buffer, landed: number): number {
  return lines[landed] === lineBreak && landed > 0 && lines[landed - 1] !== lineBreak
    ? landed + 1
    : wholeLines(lines, landed);
}

/** The length of the first line with its line break. */
export function firstLineBytes(lines: Buffer): number {
  const end = lines.indexOf(lineBreak);
  return end === -1 ? lines.length : end + 1;
}

function wholeLines(lines: Buffer, bytes: number): number {
  return bytes <= 0 ? 0 : lines.lastIndexOf(lineBreak, bytes - 1) + 1;
}
