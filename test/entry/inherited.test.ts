/** Children inherit the line that started us. They start, and are traced, wherever they do so. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { withAbsoluteArguments, withAbsoluteOptions } from '../../src/preload-specifier.ts';
import { runApp } from '../support/run-app.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
const children = [
  'fork',
  'spawn with execArgv',
  'cluster',
  'worker',
  'worker with env',
  'worker with execArgv',
  'subclass of Worker',
  'process.env replaced',
];

let directory = '';

beforeAll(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'reqlens-inherited-')), 'a directory');
  await mkdir(join(directory, 'node_modules'), { recursive: true });
  await symlink(checkout, join(directory, 'node_modules/reqlens'));
  await writeFile(join(directory, 'own preload.mjs'), "import 'reqlens/register';\n");
  for (const name of ['family.cjs', 'arguments.cjs', 'eval-worker.cjs'])
    await cp(join(checkout, 'test/entry/apps', name), join(directory, name));
});
afterAll(async () => {
  await rm(join(directory, '..'), { recursive: true });
});

const lines: Readonly<Record<string, readonly string[]>> = {
  'the package by its name': ['--import', 'reqlens/register'],
  'the same in one argument': ['--import=reqlens/register'],
  'by --require': ['--require', 'reqlens/register'],
  'by -r, beside options that no worker may have': [
    '--max-old-space-size=500',
    '--expose-gc',
    '-r',
    'reqlens/register',
  ],
  'a preload of the application that loads ours': ['--import', './own preload.mjs'],
};

describe('on the command line', () => {
  for (const [what, nodeArgs] of Object.entries(lines)) {
    test(`${what}: every child is preloaded`, async () => {
      const isForbidden = nodeArgs.includes('--expose-gc');
      const env = { ...quiet, NO_EXEC_ARGV: isForbidden ? 'true' : undefined };
      const { code, stdout, stderr } = await runApp('family.cjs', { cwd: directory, nodeArgs, env });
      const expected = children.filter((name) => !isForbidden || name !== 'worker with execArgv');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trim().split('\n')).toEqual(expected.map((name) => `${name}: true`));
    });
  }
});

// The first fails when Node has mended it: then the limit goes from README and docs/background-work.md.
test.each([
  ['--import', 'CommonJS: false\nES module: true\n'],
  ['--require', 'CommonJS: true\nES module: true\n'],
])('%s in workers whose code is a text: Node does not run --import before CommonJS', async (flag, stdout) => {
  const nodeArgs = ['--no-warnings', flag, 'reqlens/register'];
  const exit = await runApp('eval-worker.cjs', { cwd: directory, nodeArgs, env: quiet });
  expect(exit).toMatchObject({ code: 0, stdout, stderr: '' });
});

describe('in NODE_OPTIONS', () => {
  for (const options of [
    '--import reqlens/register',
    '--no-warnings  "--require" reqlens/register',
    '--import "./own%20preload.mjs"',
  ]) {
    test(`${options}: every child is preloaded`, async () => {
      const env = { ...quiet, NODE_OPTIONS: options };
      const { code, stdout, stderr } = await runApp('family.cjs', { cwd: directory, nodeArgs: [], env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const expected = children.toSpliced(2, 0, 'spawn');
      expect(stdout.trim().split('\n')).toEqual(expected.map((name) => `${name}: true`));
    });
  }

  const node20 = join(checkout, '.ci/tools/node_modules/node-20/bin/node');
  test.skipIf(!existsSync(node20))('a child on a Node that is too old starts, elsewhere too', async () => {
    const env = { ...quiet, NODE_OPTIONS: '--import reqlens/register', CHILD_NODE: node20 };
    const { code, stdout, stderr } = await runApp('arguments.cjs', { cwd: directory, nodeArgs: [], env });
    expect(code).toBe(0);
    expect(stdout).toContain('child v20');
    expect(stderr).toMatch(
      /^reqlens: Node\.js 22\.15 or newer is needed, this is 20\.[\d.]+; the application runs without telemetry\n$/,
    );
  });
});

test('everything else on the line stays byte for byte, and a name that is absolute or not ours stays, too', async () => {
  const nodeArgs = [
    '--require=./other.cjs',
    '--import',
    join(checkout, 'register.js'),
    '--stack-trace-limit=7',
    '--conditions',
    './register.js',
  ];
  await writeFile(join(directory, 'other.cjs'), '');
  const env = { ...quiet, NODE_OPTIONS: '  --no-warnings   -r "./other.cjs"  ' };
  const { stdout } = await runApp('arguments.cjs', { cwd: directory, nodeArgs, env });
  expect(JSON.parse(stdout)).toEqual({ execArgv: nodeArgs, nodeOptions: env.NODE_OPTIONS });
});

const absolute = (specifier: string, flag: string): string | undefined =>
  specifier === './p.js' ? `/a "b"\\c/${flag}` : undefined;

describe('where the name stands', () => {
  test.each([
    [
      ['--import', './p.js', './p.js'],
      ['--import', '/a "b"\\c/import', './p.js'],
    ],
    [
      ['--import=./p.js', '-r=./p.js'],
      ['--import=/a "b"\\c/import', '-r=/a "b"\\c/require'],
    ],
    [
      ['--import', './q.js', '--title', './p.js'],
      ['--import', './q.js', '--title', './p.js'],
    ],
  ])('%j', (args, expected) => {
    expect(withAbsoluteArguments(args, absolute)).toEqual(expected);
  });

  test.each([
    ['', ''],
    ['--import ./p.js', String.raw`--import "/a \"b\"\\c/import"`],
    [' --x   --require="./p.js"  --y ', String.raw` --x   "--require=/a \"b\"\\c/require"  --y `],
    [String.raw`"--import" "./\p.js"`, String.raw`"--import" "/a \"b\"\\c/import"`],
  ])('%s', (options, expected) => {
    expect(withAbsoluteOptions(options, absolute)).toBe(expected);
  });
});
