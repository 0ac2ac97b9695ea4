/** Request id to trace id and back (one to one for UUIDs and 32 hex digits, one way for any other id), and new ones. */
import { createHash, randomFillSync } from 'node:crypto';

import type { RequestId } from '../identity/request-id.ts';

/** 32 lower-case hex digits, not all zero (https://www.w3.org/TR/trace-context/#trace-id). */
export type TraceId = string & { readonly __traceId: unique symbol };

/**
 * Any UUID shape, whatever its version and variant digits say: Envoy rewrites the version to 9, a or b, and nginx sends 32 digits
 * without dashes. A strict version 4 check throws good ids away.
 */
const uuidOrDigits = /^[\da-f]{8}(-?)[\da-f]{4}\1[\da-f]{4}\1[\da-f]{4}\1[\da-f]{12}$/i;
const allZero = '0'.repeat(32);

/** A UUID keeps its digits, so both ids read alike; any other id is hashed (SHA-256, its first 128 bits). */
export function traceIdFor(requestId: RequestId): TraceId {
  const digits = uuidOrDigits.test(requestId) ? requestId.replaceAll('-', '').toLowerCase() : allZero;
  const id = digits === allZero ? createHash('sha256').update(requestId).digest('hex').slice(0, 32) : digits;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the maker of TraceId
  return id as TraceId;
}

/** The UUID spelling of a trace id. `traceIdFor(requestIdFor(traceId))` is the trace id again. */
export function requestIdFor(traceId: TraceId): RequestId {
  const id = `${traceId.slice(0, 8)}-${traceId.slice(8, 12)}-${traceId.slice(12, 16)}-${traceId.slice(16, 20)}-${traceId.slice(20)}`;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- hex digits and dashes are within the allowed characters
  return id as RequestId;
}

/** @returns The same string as a trace id when it is one, else undefined. */
export function acceptTraceId(id: string): TraceId | undefined {
  if (!/^[\da-f]{32}$/.test(id) || id === allZero) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked on the line above
  return id as TraceId;
}

/** 128 ids between two system calls. */
const pool = Buffer.allocUnsafe(16 * 128);
let poolOffset = pool.length;

/**
 * Makes a trace id whose UUID spelling is a version 7 UUID: 48 bits of Unix milliseconds, then 74 random bits
 * (https://www.rfc-editor.org/rfc/rfc9562#section-5.7). Ids sort by time, and the last 56 bits are random, as W3C Trace Context
 * level 2 asks.
 */
export function newTraceId(nowMs: number = Date.now()): TraceId {
  if (poolOffset === pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const at = poolOffset;
  poolOffset += 16;
  pool.writeUIntBE(nowMs, at, 6);
  pool[at + 6] = ((pool[at + 6] ?? 0) & 0x0f) | 0x70;
  pool[at + 8] = ((pool[at + 8] ?? 0) & 0x3f) | 0x80;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- hex digits, and the version digit is not zero
  return pool.toString('hex', at, poolOffset) as TraceId;
}
