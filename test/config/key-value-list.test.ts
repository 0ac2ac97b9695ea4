/** Lists of name=value as headers and resource attributes have them. */
import { expect, test } from 'vitest';

import { parseHeaderList, parseKeyValueList } from '../../src/config/key-value-list.ts';

test.each([
  ['', []],
  ['a=1', [['a', '1']]],
  [
    ' a = 1 , b=2, ',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a=', [['a', '']]],
  ['a=1,a=2', [['a', '2']]],
  ['auth=Basic YWJj==', [['auth', 'Basic YWJj==']]],
  ['a%3Db=%2C%20%C3%A9', [['a=b', ', é']]],
])('"%s" is read', (text, pairs) => {
  const list = parseKeyValueList(text);
  expect(list.isUsable && [...list.pairs]).toEqual(pairs);
});

test.each(['a', '=1', ' =1', 'a=1,b', 'a=%', 'a=%ff', '%zz=1'])(
  '"%s" has a mistake and is refused as a whole',
  (text) => {
    expect(parseKeyValueList(text)).toEqual({
      isUsable: false,
      expected: 'name=value pairs with commas between them, percent-encoded where needed',
    });
  },
);

test('header names come out in lower case', () => {
  const list = parseHeaderList('X-Api-Key=Ab');
  expect(list.isUsable && [...list.pairs]).toEqual([['x-api-key', 'Ab']]);
});

test.each([
  ['a%20b=1', 'each name a valid HTTP header name'],
  ['a=%0d%0ab: c', 'each value without control or non-Latin characters'],
  ['a=%E2%82%AC', 'each value without control or non-Latin characters'],
])('"%s" cannot go into a header', (text, reason) => {
  expect(parseHeaderList(text)).toEqual({
    isUsable: false,
    expected: `name=value pairs with commas between them, ${reason}`,
  });
});
