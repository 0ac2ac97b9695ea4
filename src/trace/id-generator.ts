/** Gives the SDK the trace id that the request already has; random ids for everything else. */
import { randomFillSync } from 'node:crypto';

import type { IdGenerator } from '@opentelemetry/sdk-trace';

/** 256 span ids or 128 trace ids between two system calls. */
const pool = Buffer.allocUnsafe(2048);
let poolOffset = pool.length;

/**
 * `IdGenerator.generateTraceId()` takes no arguments, but between `startSpan` and the call no other code runs, so one slot
 * is enough to hand the id over (FACTS 2).
 */
export class RequestIdGenerator implements IdGenerator {
  #next: string | undefined;

  /** The next root span gets this trace id (32 hex digits). Call right before `startSpan`, and `clear()` right after it. */
  handOver(traceId: string): void {
    this.#next = traceId;
  }

  /** Empties the slot: a span that found a parent did not take the id, and no other span may have it. */
  clear(): void {
    this.#next = undefined;
  }

  generateTraceId(): string {
    const next = this.#next;
    this.#next = undefined;
    return next ?? randomHex(16);
  }

  generateSpanId(): string {
    return randomHex(8);
  }
}

function randomHex(bytes: number): string {
  if (poolOffset + bytes > pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const start = poolOffset;
  poolOffset += bytes;
  const id = pool.toString('hex', start, poolOffset);
  // Both specifications call an all-zero id invalid; once in 2^64 draws this one would be.
  return /[^0]/.test(id) ? id : randomHex(bytes);
}
