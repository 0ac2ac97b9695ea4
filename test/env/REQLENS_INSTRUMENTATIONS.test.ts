import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

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
