/**
 * Names of spooled batches, which say everything that must be known without opening them. Pure.
 *
 *   1764283793123-0000001-4f1c0a9be2d7.0a1b2c3d4e5f.trace.512.34567.otlp                    waits
 *   1764283793123-0000001-4f1c0a9be2d7.0a1b2c3d4e5f.trace.512.34567.otlp.9d2f01-4711-99-77  somebody is sending it
 *   milliseconds  count   writer       destination  signal items bytes
 */

export interface SpoolName {
  /** When it was given up for the time being, by the writer's clock. Milliseconds since 1970. */
  readonly createdMs: number;
  /** Batches of this writer before it. */
  readonly sequence: number;
  /** 12 hex digits, at random. */
  readonly writer: string;
  /** 12 hex digits, see destination.ts. */
  readonly destination: string;
  readonly signal: string;
  readonly itemCount: number;
  /** Of the file. */
  readonly bytes: number;
}

/** A name that was found. */
export interface FoundName extends SpoolName {
  /** Without the claim. */
  readonly name: string;
  /** Who is sending it, as owner.ts writes it; undefined: nobody. */
  readonly claimant: string | undefined;
}

/** Sorted by letters, these are in the order of time, and of one writer in the order of its batches. */
export function spoolName({ createdMs, sequence, writer, destination, signal, itemCount, bytes }: SpoolName): string {
  const time = String(createdMs).padStart(13, '0');
  return `${time}-${String(sequence).padStart(7, '0')}-${writer}.${destination}.${signal}.${itemCount}.${bytes}.otlp`;
}

const form =
  /^((\d{13,16})-(\d{7,12})-([\da-f]{12})\.([\da-f]{12})\.([a-z]{1,12})\.(\d{1,9})\.(\d{1,12})\.otlp)(?:\.([\w-]{1,80}))?$/;

/** @returns Undefined for what is no name of ours. */
export function parseSpoolName(text: string): FoundName | undefined {
  const [, name, createdMs, sequence, writer, destination, signal, itemCount, bytes, claimant] = form.exec(text) ?? [];
  if (name === undefined || writer === undefined || destination === undefined || signal === undefined) return undefined;
  return {
    name,
    createdMs: Number(createdMs),
    sequence: Number(sequence),
    writer,
    destination,
    signal,
    itemCount: Number(itemCount),
    bytes: Number(bytes),
    claimant,
  };
}

const unfinished = /^([\da-f]{12})-\d{1,12}\.part\.([\w-]{1,80})$/;

/** A file that is still being written. */
export function unfinishedName(writer: string, sequence: number, owner: string): string {
  return `${writer}-${sequence}.part.${owner}`;
}

/** @returns Who writes it; undefined when the name is none of `unfinishedName`. */
export function writerOfUnfinished(name: string): string | undefined {
  return unfinished.exec(name)?.[2];
}
