/** Programs that are started in another way than `node file.js`: they end as without us, and what they leave arrives. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import { receiverEnv } from './ending.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';
import type { ScriptedReceiver } from '../support/scripted-receiver.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const node = process.env['REQLENS_TEST_NODE'] ?? process.execPath;
const program = 'test/exit/apps/started-otherwise.mjs';
const folder = mkdtempSync(join(tmpdir(), 'reqlens-starts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const preload = ['--import', './register.js'];
/** With any `--import` Node loads the program in another way than without, and a syntax error looks a little different. */
const noPreload = ['--import', 'data:text/javascript,'];

let receiver: ScriptedReceiver;
beforeEach(async () => {
  receiver = await startScriptedReceiver();
});
afterEach(async () => receiver.close());

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function environment(isBare: boolean): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  const base = { PATH, HOME, TMPDIR, REQLENS_LOG_DIR: folder, REQLENS_LOG_CONSOLE: 'false' };
  return isBare ? { ...base, BARE: '1' } : { ...base, ...receiverEnv(receiver.url) };
}

/** @param command - What a shell runs; `"$@"` is Node and its arguments. */
async function run(args: readonly string[], { command = '"$@"', isBare = false } = {}): Promise<Run> {
  const line = [node, ...(isBare ? noPreload : preload), ...args];
  const child = spawn('sh', ['-c', `exec ${command}`, 'sh', ...line], {
    cwd: checkout,
    env: environment(isBare),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const streams = [child.stdout, child.stderr].map(async (stream: Readable) => text(stream));
  const [code, signal] = await once(child, 'close');
  const [stdout = '', stderr = ''] = await Promise.all(streams);
  return { code, signal, stdout, stderr };
}

interface Start {
  readonly how: string;
  readonly args: readonly string[];
  readonly command?: string;
  /** What arrives. Default: the span and the record `last`. */
  readonly spans?: readonly string[];
  readonly records?: readonly string[];
}

const source = readFileSync(join(checkout, program), 'utf8');
const wrong = join(folder, 'wrong.mjs');
const wrongCommonJs = join(folder, 'wrong.cjs');
for (const path of [wrong, wrongCommonJs]) writeFileSync(path, 'const a = ;\n');

const starts: readonly Start[] = [
  { how: 'node -e', args: ['--input-type=module', '-e', source] },
  { how: 'node -p', args: ['-p', `void import('./${program}'), 'printed'`] },
  { how: 'a program that comes by stdin', args: ['--input-type=module', '-'], command: `"$@" < ${program}` },
  { how: 'stdin closed', args: [program], command: '"$@" <&-' },
  { how: 'stdin closed and read', args: [program, 'input'], command: '"$@" <&-' },
  { how: 'stdin empty', args: [program, 'input'], command: '"$@" </dev/null' },
  {
    how: 'a syntax error in the main module',
    args: [wrong],
    spans: [],
    records: ["Unexpected token ';'"],
  },
  {
    how: 'a syntax error in a CommonJS main module',
    args: [wrongCommonJs],
    spans: [],
    records: ["Unexpected token ';'"],
  },
  { how: 'a main module that is not there', args: ['no-such-file.mjs'], spans: [], records: [expect.any(String)] },
  { how: 'node --check', args: ['--check', program], spans: [], records: [] },
  { how: 'node --test', args: ['--test', 'test/exit/apps/own.test.mjs'], spans: ['fails', 'passes'], records: [] },
  {
    how: 'node --test in one process',
    // So it is called on Node 22.15; later ones know it by this name as well.
    args: ['--test', '--experimental-test-isolation=none', 'test/exit/apps/own.test.mjs'],
    spans: ['fails', 'passes'],
    records: [],
  },
];

describe('a program', () => {
  for (const { how, args, command, spans = ['last'], records = ['last'] } of starts) {
    test(`started by ${how}`, async () => {
      const given = command === undefined ? {} : { command };
      const [exit, bare] = await Promise.all([run(args, given), run(args, { ...given, isBare: true })]);
      expect(steady(exit)).toEqual(steady(bare));
      expect(receiver.spans().map(({ name }) => name)).toEqual(expect.arrayContaining([...spans]));
      expect(receiver.spans()).toHaveLength(spans.length);
      expect(receiver.logs().map(({ body }) => body)).toEqual(records);
    });
  }
});

function steady({ code, signal, stdout, stderr }: Run): Run {
  return { code, signal, stdout: withoutTimes(stdout), stderr: withoutTimes(stderr) };
}

/** Without the frames of Node's own functions and ours, too. */
function withoutTimes(output: string): string {
  return output
    .replaceAll(/(duration_ms:?|ℹ duration_ms) [\d.]+|\([\d.]+ms\)/g, '<time>')
    .replaceAll(/^ +(?:at )?.*(?:node:|\/dist\/).*\n/gm, '');
}

test('node --watch runs a program again, and ends by a signal, as without us', async () => {
  const [exit, bare] = [await watched(false), await watched(true)];
  expect(exit).toEqual(bare);
  expect(receiver.spans().map(({ name }) => name)).toEqual(['last', 'last']);
});

/** Two runs, then SIGTERM. */
async function watched(isBare: boolean): Promise<Run> {
  const path = join(folder, `watched-${isBare}.mjs`);
  writeFileSync(path, `import '${pathToFileURL(join(checkout, program)).href}';\n`);
  const args = ['--watch', '--watch-preserve-output', ...(isBare ? noPreload : preload), path];
  const child = spawn(node, args, { cwd: checkout, env: environment(isBare), stdio: ['ignore', 'pipe', 'pipe'] });
  const stderr = text(child.stderr);
  let stdout = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const before = completed(stdout);
    stdout += String(chunk);
    const after = completed(stdout);
    if (after === before) continue;
    if (after === 1) appendFileSync(path, '// Changed.\n');
    else child.kill('SIGTERM');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const { exitCode: code, signalCode: signal } = child;
  return { code, signal, stdout: stdout.replaceAll(path, 'watched'), stderr: await stderr };
}

function completed(stdout: string): number {
  return stdout.split('Completed running').length - 1;
}
