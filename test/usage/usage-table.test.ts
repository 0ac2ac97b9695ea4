/** docs/usage.md says what src/usage/usage-table.ts says. */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { usageTable } from '../../src/usage/usage-table.ts';

test('the page lists every figure with its attribute, its unit and its meaning', () => {
  const page = readFileSync(new URL('../../docs/usage.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| attribute |'), page.indexOf('\n\n', page.indexOf('| attribute |')));
  const rows = usageTable.map(({ attribute, unit, meaning }) => `| \`${attribute}\` | ${unit} | ${meaning} |`);
  expect(table.split('\n')).toEqual(['| attribute | unit | meaning |', '|---|---|---|', ...rows]);
});

test('names say the unit, as fields do', () => {
  const names = usageTable.map(({ field, json, attribute }) => [field, json, attribute]);
  expect(names).toContainEqual(['cpuMs', 'cpu_ms', 'reqlens.usage.cpu_ms']);
  expect(names).toContainEqual(['heapAllocatedBytes', 'heap_allocated_bytes', 'reqlens.usage.heap_allocated_bytes']);
  expect(names).toHaveLength(23);
});
