/** Reads and inflates a request's body within its limit, whatever the sender says about its length. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { HttpFailure } from './http-failure.ts';

/** One body, after decompression. */
const maxBodyBytes: number = 64 * 1024 * 1024;
/** All bodies being read at the same time; beyond it senders are asked to come back. */
const maxPendingBytes = 256 * 1024 * 1024;

const inflaters: ReadonlyMap<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> =
  new Map([
    ['gzip', promisify(gunzip)],
    ['x-gzip', promisify(gunzip)],
    ['deflate', promisify(inflate)],
  ]);

let pendingBytes = 0;

/** @throws HttpFailure 413, 415, 400 or 503. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decode = inflaters.get(coding);
  if (coding !== 'identity' && coding !== '' && decode === undefined) {
    throw new HttpFailure(
      415,
      `content-encoding: expected gzip, deflate or identity, got ${JSON.stringify(coding.slice(0, 40))}`,
    );
  }
  // Refused before it is read: a sender that waits for "100 Continue" or looks at early answers saves the upload.
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const bytes = await readAll(request);
  return decode === undefined || bytes.length === 0 ? bytes : inflated(bytes, decode);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // The stream must outlive an early end of the loop: destroying it would take the connection along, and the answer with it.
    for await (const chunk of buffersOf(request.iterator({ destroyOnReturn: false }))) {
      length += chunk.length;
      pendingBytes += chunk.length;
      checkLength(length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  } finally {
    pendingBytes -= length;
  }
}

/**
 * A request without an encoding gives buffers only; its type does not say so.
 *
 * @yields What came next.
 */
async function* buffersOf(chunks: AsyncIterable<unknown>): AsyncIterable<Buffer> {
  for await (const chunk of chunks) if (Buffer.isBuffer(chunk)) yield chunk;
}

function checkLength(length: number): void {
  if (length > maxBodyBytes) throw tooLarge();
  if (pendingBytes > maxPendingBytes)
    throw new HttpFailure(503, 'too many bodies at the same time: send again later', 1);
}

type Inflate = NonNullable<ReturnType<typeof inflaters.get>>;

async function inflated(bytes: Buffer, decode: Inflate): Promise<Buffer> {
  try {
    return await decode(bytes, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpFailure(400, `the body is not what its content-encoding says: ${reason}`);
  }
}

const tooLarge = (): HttpFailure =>
  new HttpFailure(413, `expected a body of at most ${maxBodyBytes} bytes after decompression`);
