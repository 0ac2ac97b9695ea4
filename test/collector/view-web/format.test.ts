import { expect, test } from 'vitest';
import { counted, formatAgo, formatBytes, formatDuration, nsBetween } from '../../../collector/view/web/format.ts';
import { tickLabel, ticksNs, tickStepNs } from '../../../collector/view/web/time-scale.ts';

test.each([
  [0, '0 ns'],
  [850, '850 ns'],
  [1000, '1.00 µs'],
  [12_345, '12.3 µs'],
  [999_499, '999 µs'],
  [999_600, '1.00 ms'],
  [4_560_000, '4.56 ms'],
  [99_960_000, '100 ms'],
  [486_200_000, '486 ms'],
  [1_234_000_000, '1.23 s'],
  [59_000_000_000, '59.0 s'],
  [125_000_000_000, '2 min 05 s'],
  [3_725_000_000_000, '1 h 02 min'],
  [-12_345, '-12.3 µs'],
])('%d nanoseconds read %s', (ns, text) => {
  expect(formatDuration(ns)).toBe(text);
});

test.each([
  [0, 'now'],
  [-5000, 'now'],
  [12_400, '12 s ago'],
  [5 * 60_000, '5 min ago'],
  [3 * 3_600_000, '3 h ago'],
  [50 * 3_600_000, '2 d ago'],
])('%d milliseconds back read %s', (ms, text) => {
  expect(formatAgo('1700000000000000000', 1_700_000_000_000 + ms)).toBe(text);
});

test('nanoseconds are exact beyond the integers that a double holds', () => {
  expect(nsBetween('1700000000000000001', '1700000000000000003')).toBe(2);
  expect(nsBetween('1700000000000000003', '1700000000000000001')).toBe(-2);
});

test('counts and bytes carry their units', () => {
  expect([counted(1, 'span'), counted(12_345, 'span')]).toEqual(['1 span', '12,345 spans']);
  expect([512, 1536, 3_570_000, 5e12].map(formatBytes)).toEqual(['512 B', '1.50 kB', '3.40 MB', '4.55 TB']);
});

test.each([
  [486_000_000, ['0', '100 ms', '200 ms', '300 ms', '400 ms']],
  [1, ['0', '1 ns']],
  [6_000, ['0', '1 µs', '2 µs', '3 µs', '4 µs', '5 µs', '6 µs']],
  [8_530_000_000, ['0', '2 s', '4 s', '6 s', '8 s']],
])('a ruler over %d nanoseconds has round marks', (ns, labels) => {
  expect(ticksNs(ns).map(tickLabel)).toEqual(labels);
});

test('a ruler never has more than seven marks', () => {
  for (let ns = 1; ns < 1e13; ns = Math.ceil(ns * 1.37)) expect(ns / tickStepNs(ns)).toBeLessThanOrEqual(6);
});
