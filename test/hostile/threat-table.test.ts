/** The threat model of docs/security.md: each row names tests, and these exist. */
import { existsSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const rows = readFileSync('docs/security.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:Who sends what|---)/.test(line));

function testsIn(row: string): string[] {
  return [...row.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, path = '']) => path);
}

test('every row has a threat, what stops it, and at least one test', () => {
  expect(rows.length).toBeGreaterThanOrEqual(20);
  for (const row of rows) {
    expect(row.split('|')).toHaveLength(6);
    expect({ row, tests: testsIn(row).length }).not.toEqual({ row, tests: 0 });
  }
});

test('every test that is named exists', () => {
  const missing = rows.flatMap(testsIn).filter((path) => !existsSync(path));
  expect(missing).toEqual([]);
});
