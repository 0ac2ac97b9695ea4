/** Request id to trace id and back. */
import { createHash, randomBytes } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { acceptRequestId, newRequestId } from '../../src/identity/request-id.ts';
import type { RequestId } from '../../src/identity/request-id.ts';
import { acceptTraceId, requestIdFor, traceIdFor } from '../../src/trace/trace-id.ts';
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
