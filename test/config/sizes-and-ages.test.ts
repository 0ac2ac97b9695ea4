/** Sizes and ages as people write them. */
import { expect, test } from 'vitest';

import { parseByteSize } from '../../src/config/byte-size.ts';
import { parseDuration } from '../../src/config/duration.ts';

test.each([
  ['0', 0],
  ['10485760', 10_485_760],
  ['10MB', 10 * 1024 * 1024],
  ['10 mb', 10 * 1024 * 1024],
  ['10m', 10 * 1024 * 1024],
  ['10MiB', 10 * 1024 * 1024],
  ['512KB', 524_288],
  ['1.5GB', 1_610_612_736],
  ['0.1KB', 102],
  ['7B', 7],
  ['8191TB', undefined],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740993', undefined],
  ['99999999GB', undefined],
  ['1.5', undefined],
  ['-1', undefined],
  ['1e6', undefined],
  ['0x10', undefined],
  ['10 000', undefined],
  ['10MBs', undefined],
  ['MB', undefined],
  ['', undefined],
])('%s is %s bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['12h', 43_200_000],
  ['14D', 1_209_600_000],
  ['2 w', 1_209_600_000],
  ['36525d', 36_525 * 86_400_000],
  ['36526d', undefined],
  ['0d', undefined],
  ['12', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['1y', undefined],
  ['1M2', undefined],
  ['h', undefined],
])('%s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
