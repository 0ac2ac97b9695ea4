/** With the preload in NODE_OPTIONS, what runs scripts and tests runs them as without us, and leaves nothing behind. Needs the registry. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { npm, packInto, tools } from './project.ts';

const packages = [
  'vitest@5.1.2',
  'jest@30.5.2',
  'mocha@12.0.3',
  'tsx@4.23.15',
  'ts-node@10.9.2',
  'typescript@5.9.3',
  'nodemon@3.1.14',
];

const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'runners',
    private: true,
    scripts: { ok: 'node ok.cjs', fail: 'node -e "process.exit(3)"', below: 'cd below && node ok.cjs' },
  }),
  'ok.cjs': "console.log('ok', process.argv.length);",
  'below/ok.cjs': "console.log('below');",
  'spawning.cjs': `const { fork, spawnSync } = require('node:child_process');
    spawnSync(process.execPath, ['ok.cjs'], { cwd: __dirname + '/below', stdio: 'inherit' });
    fork(__dirname + '/below/ok.cjs', { cwd: '/' });`,
  'typed.ts': "const count: number = 3; console.log('typed', count);",
  'tsconfig.json': '{ "compilerOptions": { "module": "commonjs", "target": "es2022", "types": [] } }',
  'node/a.test.mjs': `import test from 'node:test'; import assert from 'node:assert';
    test('good', () => {}); test('bad', () => assert.equal(1, 2));`,
  'vitest/a.test.mjs': `import { expect, test } from 'vitest';
    test('good', () => {}); test('bad', () => expect(1).toBe(2));`,
  'jest/a.test.js': "test('good', () => {}); test('bad', () => expect(1).toBe(2));",
  'mocha/a.spec.cjs': `describe('mocha', () => { it('good', () => {}); it('bad', () => { throw new Error('bad'); }); });`,
};

let directory = '';

beforeAll(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'reqlens-runners-')), 'a directory');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  await npm(directory, [...packages, await packInto(join(directory, '..'))]);
}, 180_000);
afterAll(async () => {
  await rm(join(directory, '..'), { recursive: true, force: true });
});

const bin = (name: string): string => `node_modules/.bin/${name}`;
const lines: readonly (readonly [exitCode: number, line: readonly [string, ...string[]]])[] = [
  [0, ['npm', 'run', 'ok']],
  [3, ['npm', 'run', 'fail']],
  [0, ['npm', 'run', 'below']],
  [0, [join(tools, 'pnpm'), 'run', 'below']],
  [0, [join(tools, 'yarn'), 'run', 'below']],
  [0, ['node', 'spawning.cjs']],
  [1, ['node', '--test', 'node/a.test.mjs']],
  [1, ['node', '--test', '--test-isolation=none', 'node/a.test.mjs']],
  [1, [bin('vitest'), 'run', '--root', 'vitest', '--pool', 'forks']],
  [1, [bin('vitest'), 'run', '--root', 'vitest', '--pool', 'threads']],
  [1, [bin('jest'), '--rootDir', 'jest', '--runInBand']],
  [1, [bin('jest'), '--rootDir', 'jest', '--maxWorkers', '2', '--workerThreads']],
  [1, [bin('mocha'), 'mocha']],
  [1, [bin('mocha'), '--parallel', 'mocha']],
  [0, [bin('tsx'), 'typed.ts']],
  [0, [bin('ts-node'), 'typed.ts']],
  [1, [bin('nodemon'), '--quiet', '--exitcrash', '--exec', 'node -e "process.exit(1)"']],
];

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** They differ from run to run. */
const times = /\d+(?:\.\d+)? ?m?s\b|duration_ms:? [\d.]+|\d\d:\d\d:\d\d|(?:Duration|Time:) .*|, estimated/g;

function run([command, ...args]: readonly [string, ...string[]], NODE_OPTIONS: string): Ran {
  const { PATH, HOME } = process.env;
  const env = { PATH: `${dirname(process.execPath)}:${PATH}`, HOME, CI: 'true', NO_COLOR: '1', NODE_OPTIONS };
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: directory,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout: stdout.replaceAll(times, ''), stderr: stderr.replaceAll(times, '') };
}

const ways = ['--import reqlens/register', '--require ./node_modules/reqlens/dist/register.cjs'];

describe.each(lines)('exit code %i of %j', (status, line) => {
  const isThere = !line[0].startsWith('/') || existsSync(line[0]);
  test.skipIf(!isThere).each(ways)('is the same with NODE_OPTIONS="%s", and so is what it prints', async (options) => {
    const bare = run(line, '');
    expect(bare.status).toBe(status);
    expect(run(line, options)).toEqual(bare);
    expect(await readdir(directory)).not.toContain('logs');
  });
});
