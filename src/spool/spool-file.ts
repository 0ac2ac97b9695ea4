/**
 * The content of a spooled batch: one line that people can read, then the batch. Pure but for compression.
 *
 *   reqlens-spool 1 <crc32 of all that follows> {"signal":"trace","contentType":...}
 *   <OTLP, mostly compressed>
 */
import { promisify } from 'node:util';
import { constants, crc32, gunzip, gunzipSync, gzip } from 'node:zlib';

const magic = 'reqlens-spool';
const version = '1';
/** A first line longer than this is none of ours. */
const longestHead = 4096;
/** What a batch may become when it is uncompressed: a damaged or planted file must not take the memory. */
const mostBytes = 1024 * 1024 * 1024;

const compress = promisify(gzip);
const uncompress = promisify(gunzip);

/** One batch, as it would go out. */
export interface SpooledBatch {
  readonly signal: string;
  /** See destination.ts. */
  readonly destination: string;
  /** `application/x-protobuf` or `application/json`. */
  readonly contentType: string;
  /** Spans, log records or data points. */
  readonly itemCount: number;
  /** Not compressed. */
  readonly body: Uint8Array;
}

/** Written by another reqlens, of which this one does not know how it writes. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion';

  constructor(itsVersion: string) {
    super(`its version ${itsVersion} is unknown here`);
  }
}

/** In the helper threads of libuv; the fastest level makes a tenth of the size of telemetry. */
export async function compressedFile(batch: SpooledBatch): Promise<Buffer> {
  return file(batch, await compress(batch.body, { level: constants.Z_BEST_SPEED }), 'gzip');
}

/** As it is, for an exit that has no time to compress. */
export function plainFile(batch: SpooledBatch): Buffer {
  return file(batch, batch.body, 'none');
}

function file(batch: SpooledBatch, content: Uint8Array, encoding: 'gzip' | 'none'): Buffer {
  const { signal, destination, contentType, itemCount } = batch;
  const head = { signal, destination, contentType, itemCount };
  const rest = Buffer.concat([
    Buffer.from(`${JSON.stringify({ ...head, encoding, length: content.byteLength })}\n`),
    content,
  ]);
  return Buffer.concat([Buffer.from(`${magic} ${version} ${hex(crc32(rest))} `), rest]);
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

/** @throws Error that says what is wrong with the file. */
export async function readBatch(bytes: Buffer): Promise<SpooledBatch> {
  const { head, content } = checked(bytes);
  const isGzip = head.encoding === 'gzip';
  return batchOf(head, isGzip ? await uncompress(content, { maxOutputLength: mostBytes }) : content);
}

/** The same for an exit. */
export function readBatchNow(bytes: Buffer): SpooledBatch {
  const { head, content } = checked(bytes);
  const isGzip = head.encoding === 'gzip';
  return batchOf(head, isGzip ? gunzipSync(content, { maxOutputLength: mostBytes }) : content);
}

interface Checked {
  readonly head: Head;
  readonly content: Buffer;
}

function checked(bytes: Buffer): Checked {
  const end = bytes.subarray(0, longestHead).indexOf(0x0a);
  if (end < 0) throw new Error('it does not begin with a line of ours');
  const [name, itsVersion, checksum, ...head] = bytes.toString('utf8', 0, end).split(' ');
  if (name !== magic || checksum === undefined || itsVersion === undefined || !/^\d{1,4}$/.test(itsVersion)) {
    throw new Error('it does not begin with a line of ours');
  }
  if (itsVersion !== version) throw new OtherVersion(itsVersion);
  const start = `${magic} ${version} ${checksum} `.length;
  if (hex(crc32(bytes.subarray(start))) !== checksum) throw new Error('its checksum does not match');
  return fitting(JSON.parse(head.join(' ')), bytes.subarray(end + 1));
}

/** Its checksum was right, so it is what one of us wrote; or somebody took pains. */
function fitting(head: unknown, content: Buffer): Checked {
  if (!isHead(head) || head.length !== content.byteLength) throw new Error('its first line does not fit the rest');
  return { head, content };
}

function batchOf({ signal, destination, contentType, itemCount }: Head, body: Uint8Array): SpooledBatch {
  return { signal, destination, contentType, itemCount, body };
}

type Head = Omit<SpooledBatch, 'body'> & { readonly encoding: string; readonly length: number };

function isHead(head: unknown): head is Head {
  if (typeof head !== 'object' || head === null) return false;
  const texts = ['signal', 'destination', 'contentType', 'encoding'];
  const numbers = ['itemCount', 'length'];
  const values = new Map(Object.entries(head));
  return (
    texts.every((key) => typeof values.get(key) === 'string') &&
    numbers.every((key) => Number.isInteger(values.get(key)))
  );
}
