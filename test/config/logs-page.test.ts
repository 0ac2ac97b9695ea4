/** The examples of docs/logs.md are read as they stand there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { loggerKeys } from '../../src/config/log-values.ts';
import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { startupLine } from '../../src/config/startup-line.ts';

const page = readFileSync('docs/logs.md', 'utf8');
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'reqlens-page-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, kind, text]) =>
    kind === language ? (text ?? '') : [],
  );
}

test.each(['yaml', 'json'])('files of loggers in %s are read without a complaint', (language) => {
  const examples = blocks(language);
  expect(examples).toHaveLength(1);
  const path = join(directory, `loggers.${language}`);
  writeFileSync(path, examples.join(''));
  const { config, problems } = readConfig({ REQLENS_LOGGERS_FILE: path });
  expect(problems).toEqual([]);
  expect(config.logs.loggers.at(-1)).toMatchObject({ name: 'payments', hasConsole: false });
});

test('variables in the examples are read without a complaint', () => {
  const assignments = blocks('sh').flatMap((text) => [...text.matchAll(/(REQLENS_\w+)=(?:"([^"]*)"|(\S+))/g)]);
  expect(assignments.length).toBeGreaterThanOrEqual(4);
  for (const [, name = '', quoted, bare] of assignments)
    expect(readConfig({ [name]: quoted ?? bare }).problems).toEqual([]);
});

test('the complaints and the start-up line are those that are made', () => {
  const cwd = process.cwd();
  try {
    process.chdir(directory);
    writeFileSync('loggers.yaml', 'loggers:\n  payments:\n    size: 50\n');
    const { problems } = readConfig({ REQLENS_LOGGERS: 'payments:levle=debug', REQLENS_LOGGERS_FILE: 'loggers.yaml' });
    for (const problem of problems) expect(page).toContain(`${problemLine(problem)}\n`);
  } finally {
    process.chdir(cwd);
  }
  const { config } = readConfig({
    REQLENS_LOGGERS: 'wordpress_api:level=debug,payments:file=none:console=no',
    REQLENS_LOG_LEVEL_WEBHOOKS: 'warn',
  });
  expect(page).toContain(`\n${/log-dir=.*$/.exec(startupLine(config))?.[0]}\n`);
});

test('every key of a logger is in the table', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| .* \| .* \|$/gm)].map(([, key]) => key);
  expect(rows).toEqual(expect.arrayContaining([...loggerKeys]));
});
