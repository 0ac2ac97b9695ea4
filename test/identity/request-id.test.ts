/** Which ids are taken from a request, and what those that we make look like. */
import { describe, expect, test } from 'vitest';

import { acceptRequestId, maxRequestIdLength, newRequestId } from '../../src/identity/request-id.ts';

describe('an id that came with a request', () => {
  test.each([
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    '3F2504E0-4F89-41D3-9A0C-0305E82C3301',
    '3f2504e04f8941d39a0c0305e82c3301',
    '00000000-0000-0000-0000-000000000000',
    'a',
    '0',
    'shop_1.2@host:80+x/y=z-',
    'Root=1-67891233-abcdef012345678912345678',
    '../../etc/passwd',
    '__proto__',
    'x'.repeat(maxRequestIdLength),
  ])('%s is kept letter by letter', (id) => {
    expect(acceptRequestId(id)).toBe(id);
  });

  test.each([
    ['nothing', undefined],
    ['an empty value', ''],
    ['129 characters', 'x'.repeat(129)],
    ['64 kB', 'x'.repeat(65_536)],
    ['a blank', 'a b'],
    ['a blank at the end', 'a '],
    ['a line end at the end, which $ alone would let through', 'a\n'],
    ['CRLF', 'a\r\nb: c'],
    ['NUL', 'a\0'],
    ['a comma, as between several headers', 'a, b'],
    ['an accent', 'é'],
    ['a full-width digit', '１'],
    ['a letter that looks Latin', 'а'],
    ['a combining mark', 'a\u0301'],
    ['the Kelvin sign, a k to a case-blind pattern', '\u212a'],
    ['an emoji', '😀'],
    ['half a surrogate pair', '\ud83d'],
  ])('%s is dropped', (_what, id) => {
    expect(acceptRequestId(id)).toBeUndefined();
  });

  test('of all characters below U+3000 exactly those of the documentation are allowed', () => {
    const allowed = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).filter(
      (character) => acceptRequestId(character) !== undefined,
    );
    expect(allowed.join('')).toBe('+-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz');
  });
});

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
