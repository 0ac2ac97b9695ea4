/** The documents' tables come from the source, and a difference does not go unnoticed. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { variables } from '../../src/config/variables.ts';

const marks = 'before\n<!-- variables:start -->\n<!-- variables:end -->\nafter\n';
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reqlens-tables-'));
  mkdirSync(join(root, 'docs'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/variables-table.ts', ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('the tables in the documents are those of the source', async () => {
  expect(await run('--check')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('both pages are written, checked, and kept outside the marks', async () => {
  const readme = join(root, 'README.md');
  const page = join(root, 'docs', 'configuration.md');
  writeFileSync(readme, marks);
  writeFileSync(page, marks);
  const difference = await run('--check', '--root', root);
  expect(difference).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'The tables of variables in README.md and docs/configuration.md differ from src/config/variables.ts and collector/settings.ts.\n' +
      'Run `node scripts/variables-table.ts` and commit the result.\n',
  });
  expect(readFileSync(readme, 'utf8')).toBe(marks);
  expect(await run('--root', root)).toEqual({
    code: 0,
    stdout: 'written: README.md\nwritten: docs/configuration.md\n',
    stderr: '',
  });
  expect(await run('--check', '--root', root)).toEqual({ code: 0, stdout: '', stderr: '' });
  const full = readFileSync(page, 'utf8');
  for (const { name } of variables) expect(full).toContain(`| \`${name}\` |`);
  expect(full).toMatch(/^before\n<!-- variables:start -->\n\n### [\s\S]+ \|\n\n<!-- variables:end -->\nafter\n$/);
  expect(readFileSync(readme, 'utf8')).toContain('| `REQLENS_SHUTDOWN_TIMEOUT` | `1000` | ');
});

test('a page without its marks is an error that says which', async () => {
  writeFileSync(join(root, 'README.md'), 'no marks');
  const { code, stderr } = await run('--root', root);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `cannot find the place for the table in ${join(root, 'README.md')}: <!-- variables:start --> and <!-- variables:end --> must be in it`,
  );
});
