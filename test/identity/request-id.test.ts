/** Which ids are taken from a request. */
import { describe, expect, test } from 'vitest';

import { acceptRequestId, maxRequestIdLength } from '../../src/identity/request-id.ts';

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
