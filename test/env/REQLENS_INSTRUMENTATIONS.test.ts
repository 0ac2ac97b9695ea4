import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';

const quiet = { OTEL_TRACES_EXPORTER: 'console', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
const scope = "name: '@opentelemetry/instrumentation-express'";

test('by default no library is instrumented', async () => {
  const { stdout, stderr } = await runApp('test/apps/express-app.mjs', { env: quiet });
  expect(stdout).toContain('answer {"id":"7"}');
  expect(stdout).not.toContain(scope);
  expect(stdout).not.toContain('http.route');
  expect(stderr).toBe('');
});

test.each(['test/apps/express-app.mjs', 'test/apps/express-app.cjs'])(
  'a named package instruments %s',
  async (path) => {
    const env = { ...quiet, REQLENS_INSTRUMENTATIONS: ' @opentelemetry/instrumentation-express , ' };
    const { stdout, stderr } = await runApp(path, { env });
    expect(stdout).toContain('answer {"id":"7"}');
    expect(stdout).toContain(scope);
    expect(stdout).toContain("name: 'GET /users/:id'");
    expect(stderr).toBe('');
  },
);

test('blank means none', async () => {
  const { stdout, stderr } = await runApp('test/apps/express-app.mjs', {
    env: { ...quiet, REQLENS_INSTRUMENTATIONS: ' ' },
  });
  expect(stdout).not.toContain(scope);
  expect(stderr).toBe('');
});

test('what is no package name is refused, and the others are used', async () => {
  const env = { ...quiet, REQLENS_INSTRUMENTATIONS: '../evil.js,@opentelemetry/instrumentation-express' };
  const { stdout, stderr } = await runApp('test/apps/express-app.mjs', { env });
  expect(stderr).toBe(
    'reqlens: REQLENS_INSTRUMENTATIONS="../evil.js,@opentelemetry/instrumentation-express" is not usable: expected a list of npm package names such as @opentelemetry/instrumentation-express; the list is used without ../evil.js\n',
  );
  expect(stdout).toContain(scope);
});

test('a package that is missing or is no instrumentation is said, and the application runs', async () => {
  const env = { ...quiet, REQLENS_INSTRUMENTATIONS: 'not-installed-here,cors' };
  const { stdout, stderr, code } = await runApp('test/apps/express-app.mjs', { env });
  expect(stderr.split('\n')).toEqual([
    "reqlens: cannot use not-installed-here (REQLENS_INSTRUMENTATIONS): Cannot find module 'not-installed-here'; its spans will be missing",
    'reqlens: cannot use cors (REQLENS_INSTRUMENTATIONS): it exports no class whose name ends in Instrumentation; its spans will be missing',
    '',
  ]);
  expect(stdout).toContain('answer {"id":"7"}');
  expect(code).toBe(0);
});

test('the application of this test is the same in both module formats', async () => {
  const [esm, cjs] = await Promise.all(['mjs', 'cjs'].map((kind) => readFile(`test/apps/express-app.${kind}`, 'utf8')));
  expect(esm?.replace("import express from 'express';", '')).toBe(
    cjs?.replace("const express = require('express');", ''),
  );
});

/** A package as users would have it, in a folder of its own; the first runs as the application. */
async function inProject(
  files: Readonly<Record<string, string>>,
  names: string,
  nodeArgs: readonly string[] = [],
): Promise<AppExit> {
  const cwd = await mkdtemp(join(tmpdir(), 'reqlens-instrumentations-'));
  try {
    await mkdir(join(cwd, 'node_modules/@opentelemetry'), { recursive: true });
    const linked = ['@opentelemetry/instrumentation', '@opentelemetry/api', 'express', 'reqlens'];
    const target = (name: string): string => (name === 'reqlens' ? checkout : join(checkout, 'node_modules', name));
    for (const name of linked) await symlink(target(name), join(cwd, 'node_modules', name));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, path)), { recursive: true });
      await writeFile(join(cwd, path), text);
    }
    const line = [...nodeArgs, '--import', 'reqlens/register'];
    const app = Object.keys(files).find((path) => path.startsWith('app.')) ?? '';
    return await runApp(app, { cwd, nodeArgs: line, env: { ...quiet, REQLENS_INSTRUMENTATIONS: names } });
  } finally {
    await rm(cwd, { recursive: true });
  }
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const base =
  "const { InstrumentationBase, InstrumentationNodeModuleDefinition } = require('@opentelemetry/instrumentation');\n";
const made = (body: string): string =>
  `${base}exports.OurInstrumentation = class OurInstrumentation extends InstrumentationBase { constructor(options) { super('ours', '1.0.0', options); } init() { ${body} } };\n`;
const forExpress = (range: string): string =>
  made(
    `return new InstrumentationNodeModuleDefinition('express', ['${range}'], (e) => { console.log('patched'); return e; });`,
  );
const said = (reason: string): string =>
  `reqlens: cannot use ours (REQLENS_INSTRUMENTATIONS): ${reason}; its spans will be missing\n`;

test('one that hooks into nothing as it is made is said', async () => {
  const files = { 'node_modules/ours/index.js': made('return [];'), 'app.cjs': '' };
  const { stderr, code } = await inProject(files, 'ours');
  const reason = 'OurInstrumentation as it is made here patches no module and listens to no channel';
  expect({ stderr, code }).toEqual({ stderr: said(reason), code: 0 });
});

test('a library that is newer than it accepts is said when it is loaded', async () => {
  const files = { 'node_modules/ours/index.js': forExpress('>=4 <5'), 'app.cjs': "require('express');" };
  const { stdout, stderr, code } = await inProject(files, 'ours');
  expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
  expect(stderr).toMatch(
    /^reqlens: cannot use ours .*: it has found nothing to patch in express 5\.[\d.]+; it accepts >=4 <5; its spans will be missing\n$/,
  );
});

test('a library that is accepted is patched, and nothing is said', async () => {
  const files = { 'node_modules/ours/index.js': forExpress('>=4'), 'app.cjs': "require('express');" };
  expect(await inProject(files, 'ours')).toMatchObject({ stdout: 'patched\n', stderr: '', code: 0 });
});

/** Where Node has no synchronous hooks, and nothing where it has. */
const notImported =
  /^(?:reqlens: cannot use ours \(REQLENS_INSTRUMENTATIONS\): only `require` is patched, not `import`: \.\/early\.cjs would be loaded by --require in Node's loader thread too, [^\n]+\n)?$/;

test('a library that was loaded before is said', async () => {
  const files = { 'node_modules/ours/index.js': forExpress('>=4'), 'app.cjs': '', 'early.cjs': "require('express');" };
  const { stderr, code } = await inProject(files, 'ours', ['--require', './early.cjs']);
  expect(code).toBe(0);
  const [first, ...rest] = stderr.split('\n');
  expect(`${first}\n`).toBe(said('express was loaded before it; preload reqlens first'));
  expect(rest.join('\n')).toMatch(notImported);
});

describe('what Node would load once more in its loader thread, and cannot, keeps no application from starting', () => {
  const early = {
    'requires an ES module': "require('./es.mjs');",
    'throws where it is not the main thread':
      "if (!require('worker_threads').isMainThread) throw new Error('main only');",
  };
  for (const [what, text] of Object.entries(early)) {
    test.each(['app.cjs', 'app.mjs'])(`--require that ${what}, before %s`, async (app) => {
      const files = {
        'node_modules/ours/index.js': forExpress('>=4'),
        [app]: "console.log('runs');",
        'early.cjs': text,
        'es.mjs': 'export const early = true;',
      };
      const { stdout, stderr, code } = await inProject(files, 'ours', ['--no-warnings', '--require', './early.cjs']);
      expect({ stdout, code }).toEqual({ stdout: 'runs\n', code: 0 });
      expect(stderr).toMatch(notImported);
    });
  }

  test.each(['app.cjs', 'app.mjs'])('our own preload by --require says nothing there, before %s', async (app) => {
    const files = { 'node_modules/ours/index.js': forExpress('>=4'), [app]: "console.log('runs');" };
    const exit = await inProject(files, 'ours', ['--require', 'reqlens/register']);
    expect(exit).toMatchObject({ stdout: 'runs\n', stderr: '', code: 0 });
  });
});
