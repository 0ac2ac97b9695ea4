/** REQLENS_LOGGERS_FILE: loggers in JSON or YAML, and the levels that are followed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { LoggerSettings } from '../../src/config/config.ts';
import { readLevels } from '../../src/config/logger-levels.ts';
import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';

const keys = 'level, file, size, backups, age, total, roll, format, console, otlp, propagate, gzip, sync';
const levels = 'trace, debug, info, warn, error, fatal or silent';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'reqlens-loggers-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

interface FromFile {
  readonly path: string;
  readonly loggers: readonly LoggerSettings[];
  /** With `FILE` for the path as it is shown, whole or cut. */
  readonly lines: readonly string[];
}

function fromFile(name: string, text: string, env: Readonly<Record<string, string>> = {}): FromFile {
  const path = write(name, text);
  const { config, problems } = readConfig({ ...env, REQLENS_LOGGERS_FILE: path });
  return { path, loggers: config.logs.loggers, lines: problems.map(problemLine).map((line) => hidden(line, path)) };
}

function hidden(line: string, path: string): string {
  return line.replaceAll(path, 'FILE').replace(/REQLENS_LOGGERS_FILE="[^"]+…"/, 'REQLENS_LOGGERS_FILE="FILE"');
}

const everyKey = {
  level: 'debug',
  file: 'pay.txt',
  size: 1_048_576,
  backups: 3,
  age: '2d',
  total: '5MB',
  roll: 'daily',
  format: 'text',
  console: false,
  otlp: 'off',
  propagate: true,
  gzip: 1,
  sync: true,
};

const everySetting = {
  name: 'payments',
  level: 'debug',
  file: {
    path: resolve('logs/publish-sync-logs/pay.txt'),
    maxBytes: 1_048_576,
    rollEvery: 'day',
    keep: { count: 3, ageMs: 172_800_000, bytes: 5_242_880 },
    compresses: true,
    mode: 0o640,
    isSync: true,
    driver: 'reqlens',
  },
  format: 'text',
  hasConsole: false,
  hasOtlp: false,
  propagates: true,
};

const yaml = `
loggers:
  payments: # all of them
    level: debug
    file: pay.txt
    size: 1048576
    backups: 3
    age: 2d
    total: 5MB
    roll: daily
    format: text
    console: false
    otlp: off
    propagate: true
    gzip: yes
    sync: true
  webhooks:
`;

test.each([
  ['all.json', JSON.stringify({ loggers: { payments: everyKey, webhooks: null } })],
  ['bom.JSON', `\uFEFF${JSON.stringify({ loggers: { payments: everyKey } })}`],
  ['all.yaml', yaml],
  ['all.yml', yaml],
])('%s: every key means what it means in REQLENS_LOGGERS', (name, text) => {
  const { loggers, lines } = fromFile(name, text);
  expect(lines).toEqual([]);
  expect(loggers.map((logger) => logger.name)).toEqual(['publish_sync', 'wordpress_api', 'webhooks', 'payments']);
  expect(loggers[3]).toEqual(everySetting);
  expect(loggers[2]).toEqual(readConfig({}).config.logs.loggers[2]);
});

test('YAML aliases and merge keys are understood', () => {
  const text = 'loggers:\n  a: &base {level: warn, size: 1KB}\n  b:\n    <<: *base\n    level: debug\n';
  const { loggers, lines } = fromFile('merge.yaml', text);
  expect(lines).toEqual([]);
  expect(loggers.slice(3)).toMatchObject([
    { level: 'warn', file: { maxBytes: 1024 } },
    { level: 'debug', file: { maxBytes: 1024 } },
  ]);
});

test('the file lies under REQLENS_LOGGERS, key by key, and both under REQLENS_LOG_LEVEL_<NAME>', () => {
  const text = JSON.stringify({
    loggers: { a: { level: 'warn', size: '1KB', gzip: true }, b: { level: 'warn' }, webhooks: { file: 'hooks.log' } },
  });
  const { loggers, lines } = fromFile('layers.json', text, {
    REQLENS_LOGGERS: 'a:level=error:size=2KB,c',
    REQLENS_LOG_LEVEL_B: 'fatal',
  });
  expect(lines).toEqual([]);
  expect(loggers.map(({ name, level }) => `${name}:${level}`)).toEqual([
    'publish_sync:info',
    'wordpress_api:info',
    'webhooks:info',
    'a:error',
    'b:fatal',
    'c:info',
  ]);
  expect(loggers[3]?.file).toMatchObject({ maxBytes: 2048, compresses: true });
  expect(loggers[2]?.file?.path).toBe(resolve('logs/publish-sync-logs/hooks.log'));
});

describe('complaints name the file and the key', () => {
  test.each([
    [
      '{ "webhooks": { "level": "lots" } }',
      `reqlens: loggers.webhooks.level="lots" in FILE is not usable: expected ${levels}; info is used`,
    ],
    [
      '{ "webhooks": { "lvel": "debug" } }',
      `reqlens: loggers.webhooks.lvel="debug" in FILE is not usable: expected one of the keys ${keys} (did you mean level?); it is ignored`,
    ],
    [
      '{ "webhooks": { "size": [1] } }',
      'reqlens: loggers.webhooks.size="[ 1 ]" in FILE is not usable: expected a text, a number or a boolean; it is ignored',
    ],
    [
      '{ "webhooks": { "backups": 1.5 } }',
      'reqlens: loggers.webhooks.backups="1.5" in FILE is not usable: expected a whole number from 0 to 100000, or unlimited; 10 is used',
    ],
    [
      '{ "webhooks": { "file": false } }',
      'reqlens: loggers.webhooks.file="false" in FILE is not usable: expected the name or path of a file within the directory of the log files, an absolute path, or none; webhooks.log is used',
    ],
    [
      '{ "webhooks": "debug" }',
      'reqlens: loggers.webhooks="debug" in FILE is not usable: expected an object of settings; the entry is left out',
    ],
    [
      '{ "web hooks": {} }',
      'reqlens: loggers.web hooks="{}" in FILE is not usable: expected a name of 1-64 letters, digits, "_", "." or "-", beginning with a letter or digit; the entry is left out',
    ],
    [
      '{ "__proto__": { "level": "debug" } }',
      'reqlens: loggers.__proto__="{ level: \'debug\' }" in FILE is not usable: expected a name of 1-64 letters, digits, "_", "." or "-", beginning with a letter or digit; the entry is left out',
    ],
    [
      '{ "publish_sync.1": {} }',
      'reqlens: loggers.publish_sync.1="{}" in FILE is not usable: expected a file that is no backup of the one of publish_sync (backups are named publish_sync.<number>.log); publish_sync.1 gets no file',
    ],
    [
      '{ "a": { "file": "none", "console": false, "otlp": false } }',
      'reqlens: loggers.a="{ file: \'none\', console: false, otlp: false }" in FILE is not usable: expected a file, the console or the collector for its lines; a gets the console',
    ],
  ])('%s', (loggers, line) => {
    const both = JSON.stringify({ loggers: { ...JSON.parse(loggers), kept: { level: 'debug' } } });
    // JSON.stringify leaves __proto__ out.
    const text = loggers.includes('__proto__') ? both.replace('{"kept"', `${loggers.slice(0, -1)},"kept"`) : both;
    const read = fromFile('mistake.json', `{"loggers":${text.slice('{"loggers":'.length)}`);
    expect(read.lines).toEqual([line]);
    expect(read.loggers.at(-1)).toMatchObject({ name: 'kept', level: 'debug' });
  });

  test('a key beside loggers is reported', () => {
    expect(fromFile('beside.json', '{"loggers":{},"level":"debug"}').lines).toEqual([
      'reqlens: level="debug" in FILE is not usable: expected the one key loggers, as in { "loggers": { "<name>": { ... } } }; it is ignored',
    ]);
  });

  test('a circle of YAML aliases is shown and not followed', () => {
    expect(fromFile('circle.yaml', 'loggers:\n  a: &a\n    level: *a\n').lines).toEqual([
      'reqlens: loggers.a.level="<ref *1> { level: [Circular *1] }" in FILE is not usable: expected a text, a number or a boolean; it is ignored',
    ]);
  });
});

describe('a file that cannot be used is one complaint, and the loggers are used without it', () => {
  const tail = '; the loggers are used without it';

  test.each([
    ['cut.json', '{"loggers":', /^valid JSON \(.*JSON.*\)$/],
    ['tabs.yaml', 'loggers:\n\ta: {}', /^valid YAML \(.+\)$/],
    ['two.yaml', 'loggers: {}\n---\nloggers: {}\n', /^valid YAML \(.+\)$/],
    ['bomb.yaml', bomb(), /^valid YAML \(Excessive alias count .+\)$/],
    ['empty.json', '', /^valid JSON \(.+\)$/],
    ['empty.yaml', '', /^it to contain \{ "loggers": \{ "<name>": \{ \.\.\. \} \} \}$/],
    ['list.json', '[]', /^it to contain /],
    ['listed.json', '{"loggers":[]}', /^it to contain /],
    ['flat.json', '{"webhooks":{"level":"debug"}}', /^it to contain /],
    ['loggers.toml', '[loggers]', /^the path of a file whose name ends in \.json, \.yaml or \.yml$/],
    ['large.json', ' '.repeat(1024 * 1024 + 1), /^the path of a readable file of at most 1 MB$/],
  ])('%s', (name, text, expected) => {
    const { lines, loggers } = fromFile(name, text);
    expect(loggers).toEqual(readConfig({}).config.logs.loggers);
    expect(lines).toHaveLength(1);
    const [, found = ''] =
      /^reqlens: REQLENS_LOGGERS_FILE="FILE" is not usable: expected (.*)$/.exec(lines[0] ?? '') ?? [];
    expect(found.endsWith(tail)).toBe(true);
    expect(found.slice(0, -tail.length)).toMatch(expected);
  });

  test('one that is not there, or is a directory', () => {
    mkdirSync(join(directory, 'folder.json'));
    expect(firstLine('no-such.yaml')).toBe(
      'reqlens: REQLENS_LOGGERS_FILE="no-such.yaml" is not usable: expected the path of a readable file (ENOENT: no such file or directory, stat \'no-such.yaml\'); the loggers are used without it',
    );
    expect(firstLine(relative('.', join(directory, 'folder.json')))).toContain(
      ' is not usable: expected the path of a readable file of at most 1 MB; ',
    );
  });

  test('a file that may be mended is followed all the same, one of a strange kind is not', () => {
    expect(followedFile('no-such.yaml')).toBe(resolve('no-such.yaml'));
    expect(followedFile('/etc/loggers.json')).toBe('/etc/loggers.json');
    expect(followedFile('loggers.toml')).toBeUndefined();
  });
});

function firstLine(path: string): string {
  const [problem] = readConfig({ REQLENS_LOGGERS_FILE: path }).problems;
  return problem === undefined ? '' : problemLine(problem);
}

function followedFile(path: string): string | undefined {
  return readConfig({ REQLENS_LOGGERS_FILE: path }).config.logs.loggersFile;
}

/** Nine levels of nine aliases each: 387 million nodes when expanded. */
function bomb(): string {
  const rows = Array.from({ length: 9 }, (_, index) => {
    const before = index === 0 ? '"x"' : `*l${index - 1}`;
    return `l${index}: &l${index} [${Array.from({ length: 9 }, () => before).join(', ')}]`;
  });
  return `${rows.join('\n')}\nloggers: {}\n`;
}

describe('levels that are followed', () => {
  test('come by name, with the complaints about them', () => {
    const path = write(
      'levels.json',
      '{"loggers":{"webhooks":{"level":"Debug","size":"bad"},"a":{"level":"lots"},"b":{},"constructor":{"level":"warn"},"c":{"lvel":"x"}}}',
    );
    const { levels: found, problems } = readLevels(path);
    expect(Object.entries(found)).toEqual([
      ['webhooks', 'debug'],
      ['constructor', 'warn'],
    ]);
    expect(found['toString']).toBeUndefined();
    expect(problems.map(problemLine).map((line) => hidden(line, path))).toEqual([
      `reqlens: loggers.c.lvel="x" in FILE is not usable: expected one of the keys ${keys} (did you mean level?); it is ignored`,
      `reqlens: loggers.a.level="lots" in FILE is not usable: expected ${levels}; it is ignored`,
    ]);
  });

  test('leave alone what the environment sets', () => {
    const path = write(
      'fixed.json',
      '{"loggers":{"webhooks":{"level":"debug"},"a":{"level":"debug"},"b-1":{"level":"debug"},"c":{"level":"debug"}}}',
    );
    const { config } = readConfig({
      REQLENS_LOGGERS: 'webhooks:level=warn,a:size=1MB,c:level=lots',
      REQLENS_LOG_LEVEL_B_1: 'error',
      REQLENS_LOGGERS_FILE: path,
    });
    expect(config.logs.fixedLevels).toEqual(['webhooks']);
    expect(Object.entries(readLevels(path, config.logs).levels)).toEqual([
      ['a', 'debug'],
      ['c', 'debug'],
    ]);
  });

  test('of a file that is gone are none, with one complaint', () => {
    const path = join(directory, 'gone.yaml');
    const { levels: found, problems } = readLevels(path);
    expect(Object.keys(found)).toEqual([]);
    expect(problems).toHaveLength(1);
  });
});

test('the YAML package is loaded only for a YAML file', () => {
  const script = `
    const { readConfig } = await import('./src/config/read-config.ts');
    const { createRequire } = await import('node:module');
    const { cache } = createRequire(import.meta.url);
    const isLoaded = () => Object.keys(cache).some((path) => path.includes('/yaml/'));
    const after = process.argv.slice(1).map((path) => (readConfig({ REQLENS_LOGGERS_FILE: path }), isLoaded()));
    console.log(JSON.stringify(after));
  `;
  const paths = [write('lazy.json', '{"loggers":{}}'), write('lazy.yaml', 'loggers: {}')];
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script, ...paths], { encoding: 'utf8' });
  expect(JSON.parse(out)).toEqual([false, true]);
});
