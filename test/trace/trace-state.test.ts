/** What of an incoming tracestate is passed on (https://www.w3.org/TR/trace-context-2/#tracestate-header). */
import { describe, expect, test } from 'vitest';

import { acceptTraceState } from '../../src/trace/trace-state.ts';

function passedOn(header: string): string | undefined {
  return acceptTraceState(header)?.serialize();
}

const members = (count: number): string => Array.from({ length: count }, (_, n) => `k${n}=${n}`).join(',');

/** An entry of that many characters. */
const long = (key: string, length: number): string => `${key}=${'v'.repeat(length - key.length - 1)}`;

describe('is passed on', () => {
  test.each([
    ['one member', 'foo=1', 'foo=1'],
    ['several, in order', 'foo=1,bar=2,baz=3', 'foo=1,bar=2,baz=3'],
    ['white space around members', ' \tfoo=1 \t, \t bar=2\t', 'foo=1,bar=2'],
    ['empty members', ',,foo=1, ,\t,bar=2,', 'foo=1,bar=2'],
    ['several fields, as Node joins them', 'foo=1, bar=2', 'foo=1,bar=2'],
    ['a key that begins with a digit', '1a-2f@foo=1', '1a-2f@foo=1'],
    ['a key that ends with @', 'foo@=1', 'foo@=1'],
    ['a key with several @', 'foo@@bar@baz=1', 'foo@@bar@baz=1'],
    ['a key of every allowed character', 'az09_-*/@=1', 'az09_-*/@=1'],
    ['a key of 256 characters', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['a value of 256 characters', `a=${'z'.repeat(256)}`, `a=${'z'.repeat(256)}`],
    ['blanks within a value, and before it', 'a= b  c', 'a= b  c'],
    [
      'a value of every allowed character',
      'a=!"#$%&\'()*+-./09:;<>?@AZ[\\]^_`az{|}~',
      'a=!"#$%&\'()*+-./09:;<>?@AZ[\\]^_`az{|}~',
    ],
    ['32 members', members(32), members(32)],
    ['32 members and empty ones', `,${members(32)},,`, members(32)],
    ['the first of two with one key', 'foo=1,bar=2,foo=3', 'foo=1,bar=2'],
    ['names that every object inherits', 'constructor=1,valueof=2', 'constructor=1,valueof=2'],
  ])('%s', (_, header, expected) => {
    expect(passedOn(header)).toBe(expected);
  });
});

describe('is dropped whole', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \t '],
    ['empty members alone', ' , ,, '],
    ['33 members', members(33)],
    ['33 members, two of one key', `${members(32)},k0=1`],
    ['a key with a capital', 'bar=2,FOO=1'],
    ['a key with a dot', 'foo.bar=1,bar=2'],
    ['a key that begins with @', '@foo=1,bar=2'],
    ['a key that begins with _', '_foo=1'],
    ['__proto__, which begins so too', '__proto__=1'],
    ['a key with a blank behind it', 'foo =1'],
    ['a key of 257 characters', `foo=1,${'z'.repeat(257)}=1`],
    ['no key', '=1'],
    ['no equals sign', 'foo,bar=2'],
    ['no value', 'foo=,bar=3'],
    ['a value of blanks, which are white space at the end', 'foo=  ,bar=3'],
    ['a second equals sign', 'foo=bar=baz'],
    ['a value of 257 characters', `a=${'z'.repeat(257)}`],
    ['a tab in a value', 'foo=a\tb'],
    ['a control character', 'foo=a\u0001'],
    ['DEL', 'foo=a\u007f'],
    ['a byte that is not ASCII', 'foo=a\u00fc'],
    ['another white space at the end', 'foo=1\u00a0'],
    ['a line break', 'foo=1\n'],
  ])('%s', (_, header) => {
    expect(acceptTraceState(header)).toBeUndefined();
  });
});

describe('more than 512 characters', () => {
  test('512 are passed on as they are', () => {
    const header = `${long('a', 255)},${long('b', 256)}`;
    expect(header).toHaveLength(512);
    expect(passedOn(header)).toBe(header);
  });

  test('entries of more than 128 characters go first, from the end, and only as many as must', () => {
    const header = [long('a', 200), long('b', 128), long('c', 200), long('d', 100)].join(',');
    expect(passedOn(header)).toBe([long('a', 200), long('b', 128), long('d', 100)].join(','));
  });

  test('then those at the end', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => long(key, 128));
    expect(passedOn(all.join(','))).toBe(all.slice(0, 3).join(','));
  });
});

test('what the process itself adds is first, and what it may not add changes nothing', () => {
  const state = acceptTraceState('foo=1,bar=2');
  expect(state?.get('bar')).toBe('2');
  expect(state?.get('baz')).toBeUndefined();
  expect(state?.set('bar', '3').serialize()).toBe('bar=3,foo=1');
  expect(state?.set('BAD', '3').serialize()).toBe('foo=1,bar=2');
  expect(state?.set('baz', 'a,b').serialize()).toBe('foo=1,bar=2');
  expect(state?.unset('foo').serialize()).toBe('bar=2');
  expect(state?.serialize()).toBe('foo=1,bar=2');
  expect(acceptTraceState(members(32))?.set('new', '1').serialize()).toBe(`new=1,${members(31)}`);
});
