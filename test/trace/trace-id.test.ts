/** Request id to trace id and back, and what those that we make look like. */
import { createHash, randomBytes } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { acceptRequestId } from '../../src/identity/request-id.ts';
import type { RequestId } from '../../src/identity/request-id.ts';
import { acceptTraceId, newTraceId, requestIdFor, traceIdFor } from '../../src/trace/trace-id.ts';
import type { TraceId } from '../../src/trace/trace-id.ts';

function requestId(text: string): RequestId {
  const id = acceptRequestId(text);
  if (id === undefined) throw new Error(`${text} is no request id`);
  return id;
}

function traceId(text: string): TraceId {
  const id = acceptTraceId(text);
  if (id === undefined) throw new Error(`${text} is no trace id`);
  return id;
}

/** As a request without an id gets it. */
function newRequestId(nowMs?: number): RequestId {
  return requestIdFor(newTraceId(nowMs));
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

describe('UUIDs and 32 hex digits keep their digits', () => {
  test('10,000 random trace ids come back from their request id, and no two share one', () => {
    const made = Array.from({ length: 10_000 }, () => randomBytes(16).toString('hex'));
    const requestIds = made.map((hex) => requestIdFor(traceId(hex)));
    expect(requestIds.map((id) => traceIdFor(id))).toEqual(made);
    expect(new Set(requestIds).size).toBe(new Set(made).size);
    expect(requestIds.every((id) => acceptRequestId(id) === id)).toBe(true);
  });

  test('10,000 ids of our own come back from their trace id', () => {
    for (let count = 0; count < 10_000; count += 1) {
      const id = newRequestId(Math.floor(Math.random() * 2 ** 48));
      const trace = traceIdFor(id);
      expect(acceptTraceId(trace)).toBe(trace);
      expect(requestIdFor(trace)).toBe(id);
    }
  });

  test.each('0123456789abcdef'.split(''))('version %s, whoever made it or rewrote it', (version) => {
    for (const variant of '0123456789abcdef') {
      const uuid = `3f2504e0-4f89-${version}1d3-${variant}a0c-0305e82c3301`;
      expect(traceIdFor(requestId(uuid))).toBe(uuid.replaceAll('-', ''));
      expect(requestIdFor(traceIdFor(requestId(uuid)))).toBe(uuid);
    }
  });

  test('upper case and missing dashes are another spelling of the same trace id', () => {
    const digits = '3f2504e04f8941d39a0c0305e82c3301';
    const spellings = [
      digits,
      digits.toUpperCase(),
      requestIdFor(traceId(digits)),
      requestIdFor(traceId(digits)).toUpperCase(),
    ];
    expect(spellings.map((each) => traceIdFor(requestId(each)))).toEqual([digits, digits, digits, digits]);
  });

  test('the largest id is an id', () => {
    expect(traceIdFor(requestId('f'.repeat(32)))).toBe('f'.repeat(32));
  });
});

describe('every other id is hashed, one way', () => {
  test.each([
    ['the nil UUID, because an all-zero trace id is invalid', '00000000-0000-0000-0000-000000000000'],
    ['32 zeros', '0'.repeat(32)],
    ['31 digits', 'a'.repeat(31)],
    ['33 digits', 'a'.repeat(33)],
    ['dashes in other places', '3f25-04e04f89-41d3-9a0c-0305e82c3301'],
    ['some of the dashes', '3f2504e0-4f8941d39a0c0305e82c3301'],
    ['a UUID in a URN', 'urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ['a UUID with a digit that is none', 'g f2504e0-4f89-41d3-9a0c-0305e82c3301'.replace(' ', '')],
    ['a word', 'order-4711'],
    ['one character', '-'],
    ['128 characters', 'x'.repeat(128)],
    ['a name of Object.prototype', '__proto__'],
  ])('%s', (_what, text) => {
    const id = traceIdFor(requestId(text));
    expect(id).toBe(hashed(text));
    expect(acceptTraceId(id)).toBe(id);
  });

  test('ids that differ in case have different traces, unless they are hex digits', () => {
    expect(traceIdFor(requestId('Order'))).not.toBe(traceIdFor(requestId('order')));
  });
});

test.each(['', '0'.repeat(32), 'A'.repeat(32), 'a'.repeat(31), 'a'.repeat(33), `${'a'.repeat(32)}\n`, 'g'.repeat(32)])(
  '%j is no trace id',
  (text) => {
    expect(acceptTraceId(text)).toBeUndefined();
  },
);

describe('an id of our own', () => {
  /** More than the pool of random bytes holds at once, three times. */
  const count = 1000;

  test('is a UUID version 7 with the RFC 9562 variant, and is accepted as it is', () => {
    for (let made = 0; made < count; made += 1) {
      const id = newRequestId();
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      expect(acceptRequestId(id)).toBe(id);
    }
  });

  test('begins with the time in milliseconds, so that ids of a later time sort later', () => {
    const times = [0, 1, 0xff, 1_700_000_000_000, 1_700_000_000_001, Date.now(), 2 ** 48 - 1];
    const ids = times.map((time) => newRequestId(time));
    expect(ids.map((id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))).toEqual(times);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('has the time of now', () => {
    const before = Date.now();
    const id = newRequestId();
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  test('is new each time, within one millisecond too', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newRequestId(1))).size).toBe(10_000);
  });

  test('varies in each of its 74 random bits', () => {
    const seen = Array.from({ length: count }, () => BigInt(`0x${newRequestId(0).replaceAll('-', '')}`));
    const ever = seen.reduce((all, id) => all | id, 0n);
    const always = seen.reduce((all, id) => all & id);
    // Version and variant stay; every other bit below the time was seen both set and clear.
    expect((ever ^ always).toString(16)).toBe('fff3fffffffffffffff');
    expect(always.toString(16)).toBe('70008000000000000000');
  });
});
