/** Files of loggers that were made to take long: read in a moment, or refused with a reason. Each would take minutes otherwise. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { readConfig } from '../../src/config/read-config.ts';
import { parseYaml } from '../../src/config/parse-yaml.ts';
import { runApp } from '../support/run-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'reqlens-costly-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** So many lines of a kind as fit into so many bytes. */
function filled(bytes: number, line: (index: number) => string): string {
  const lines: string[] = [];
  for (let length = 0, index = 0; ; index += 1) {
    length += line(index).length;
    if (length > bytes) return lines.join('');
    lines.push(line(index));
  }
}

const kb = 1024;
const most = 64 * kb - 200;
const keys = filled(most, (index) => `  k${index}: {}\n`);
const halfKeys = filled(most / 2, (index) => `  k${index}: 1\n`);
const nines = 'abcdefgh'
  .split('')
  .map((name, at, names) => `${name}: &${name} [${`*${names[at - 1] ?? ''},`.repeat(9)}]\n`);

const read = (path: string): ReturnType<typeof readConfig> => readConfig({ REQLENS_LOGGERS_FILE: path });

test.each([
  ['many loggers', 'many.yaml', `loggers:\n${keys}`],
  ['many loggers in brackets', 'flow.yaml', `loggers: {${filled(most, (index) => `k${index}: {},`)}}`],
  ['many anchors', 'anchors.yaml', `loggers:\n${filled(most, (index) => `  l${index}: &a${index} {}\n`)}`],
])('%s are read', (_, name, text) => {
  const { config, problems } = read(file(name, text));
  expect(problems).toEqual([]);
  expect(config.logs.loggers.length).toBeGreaterThan(2000);
});

test.each([
  ['a megabyte of YAML', 'mb.yaml', `loggers:\n${filled(kb * kb, (index) => `  k${index}: {}\n`)}`, /at most 64 KB$/],
  ['more than a megabyte of JSON', 'mb.json', ' '.repeat(kb * kb + 1), /at most 1 MB$/],
  ['more loggers than a process can have', 'many.json', `{"loggers":{"a":{}${filled(kb * kb - 99, (index) => `,"k${index}":{}`)}}}`, /at most 10000 loggers in it$/],
  ['a megabyte of other keys', 'other.json', `{"loggers":{}${filled(kb * kb - 99, (index) => `,"k${index}":1`)}}`, /and nothing else$/],
  ['a megabyte of settings', 'keys.json', `{"loggers":{"a":{"level":"info"${filled(kb * kb - 99, (index) => `,"k${index}":1`)}}}}`, /at most 100 settings$/],
  ['a megabyte of brackets', 'deep.json', '['.repeat(kb * kb), /^valid JSON/],
  ['brackets in brackets', 'deep.yaml', '['.repeat(most), /^valid YAML/],
  ['mistakes upon mistakes', 'mistakes.yaml', '%}{: @\n'.repeat(most / 8), /^valid YAML/],
  ['a key twice', 'twice.yaml', 'loggers:\n  a: {}\n  b: {}\n  a: {}\n', /^valid YAML \(map keys must be unique\)$/],
  ['aliases of aliases', 'bomb.yaml', `a: &a [x]\n${nines.slice(1).join('')}loggers: *h\n`, /^valid YAML/],
  ['a map merged into thousands', 'merge.yaml', `a: &a\n${halfKeys}loggers:\n${filled(most / 2, (index) => `  l${index}:\n    <<: *a\n`)}`, /^valid YAML \(too many aliases\)$/],
])('%s is refused, and that is said in one line', (...[, name, text, expected]) => {
  const { config, problems } = read(file(name, text));
  expect(problems.map((problem) => problem.expected)).toEqual([expect.stringMatching(expected)]);
  expect(config.logs.loggers.map((logger) => logger.name)).toContain('publish_sync');
}); // prettier-ignore

test('of ten thousand mistakes fifty are told, and how many more there are', () => {
  const { problems } = read(
    file('names.json', `{"loggers":{${Array.from({ length: 9999 }, (_, at) => `"$${at}":1`).join()}}}`),
  );
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)).toMatchObject({
    expected: 'at most 50 mistakes',
    consequence: 'the rest of it is used, and 9949 further mistakes are not shown',
  });
});

test('keys that only look alike are not the same, and a merge may stand beside another', () => {
  const text = 'a: &a {x: 1}\nb: &b {y: 2}\nc:\n  1: text\n  "1": number\n  <<: *a\n  <<: *b\n';
  expect(() => parseYaml(text)).not.toThrow();
  expect(parseYaml('a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n')).toEqual({ a: { x: 1 }, b: { x: 1, y: 2 } });
});

test('an application with such a file starts, and says why the file is not used', async () => {
  const path = file('start.yaml', `loggers:\n${filled(kb * 1000, (index) => `  k${index}: {}\n`)}`);
  const { code, stderr } = await runApp('test/apps/plain-program.mjs', {
    env: {
      REQLENS_LOGGERS_FILE: path,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
  });
  // Its own.
  expect(code).toBe(3);
  expect(stderr.split('\n').filter((line) => line.includes('start.yaml'))).toEqual([
    expect.stringContaining('expected the path of a readable file of at most 64 KB; the loggers are used without it'),
  ]);
});
