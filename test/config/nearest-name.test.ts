/** Did you mean. */
import { expect, test } from 'vitest';

import { editDistance, nearestName } from '../../src/config/nearest-name.ts';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['abc', 'acb', 1],
  ['abc', 'abcd', 1],
  ['kitten', 'sitting', 3],
  ['ca', 'abc', 3],
])('from "%s" to "%s" it takes %i edits', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
});

test('the nearest is the first of those that are equally near, and none beyond the limit', () => {
  expect(nearestName('sise', ['file', 'size', 'side'], 2)).toBe('size');
  expect(nearestName('colour', ['file', 'size'], 2)).toBeUndefined();
  expect(nearestName('x', [], 9)).toBeUndefined();
});
