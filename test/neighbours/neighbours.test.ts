/**
 * Beside whatever else is installed, by whichever package manager, in whichever order: the application starts, and its request is seen.
 * Needs the registry; `.ci/run` has it, `npm test` does without.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runApp, startApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';
import { npm, packInto, pnpm, tools, yarn } from './project.ts';
import type { Manager } from './project.ts';

let directory = '';
let tarball = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reqlens-neighbours-'));
  tarball = await packInto(directory);
}, 120_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** In the order of the steps; `reqlens` is the tarball. */
type Steps = readonly (readonly string[])[];
interface Project {
  readonly manager: Manager;
  readonly steps: Steps;
  readonly app: string;
  readonly files?: Readonly<Record<string, string>>;
}

let count = 0;

async function project({ manager, steps, app, files = {} }: Project): Promise<string> {
  count += 1;
  const cwd = join(directory, `project-${count}`);
  await mkdir(cwd);
  const all = {
    'package.json': '{ "name": "project", "private": true, "type": "module" }',
    ...files,
    'app.js': app + server,
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(cwd, name), text);
  for (const packages of steps)
    await manager(
      cwd,
      packages.map((name) => (name === 'reqlens' ? tarball : name)),
    );
  return cwd;
}

const server = `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  globalThis.child?.();
  response.on('close', () => setTimeout(() => process.exit(0), 50));
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
`;
const apiUser = `
import { trace } from '@opentelemetry/api';
globalThis.child = () => trace.getTracer('app').startActiveSpan('child', (span) => span.end());
`;

async function seen(
  cwd: string,
): Promise<{ code: number | undefined; stderr: string; spans: string[]; isOneTrace: boolean }> {
  const receiver = await startScriptedReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
    DD_TRACE_AGENT_URL: receiver.url,
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_TRACE_STARTUP_LOGS: 'false',
  };
  const app = await startApp('app.js', { cwd, nodeArgs: ['--import', 'reqlens/register'], env });
  await app.get('/');
  const { code, stderr } = await app.exit;
  await receiver.close();
  const spans = receiver.spans();
  return {
    code,
    stderr,
    spans: spans.map(({ name }) => name).toSorted(),
    isOneTrace: new Set(spans.map(({ traceId }) => traceId)).size === 1,
  };
}

const secondSdk = /^reqlens: another OpenTelemetry SDK was started after reqlens, .*$/gm;

describe('nothing is said, and both spans are in one trace', () => {
  const cases: Readonly<Record<string, readonly [Manager, Steps]>> = {
    'nothing else (npm)': [npm, [['reqlens', '@opentelemetry/api']]],
    '@fastify/otel, reqlens last (npm)': [
      npm,
      [['@fastify/otel', 'fastify@5', '@opentelemetry/api@1.9.0'], ['reqlens']],
    ],
    '@fastify/otel, reqlens first (npm)': [npm, [['reqlens'], ['@fastify/otel', '@opentelemetry/api@1.9.0']]],
    '@opentelemetry/api 1.9 (npm)': [npm, [['-E', '@opentelemetry/api@1.9.0'], ['reqlens']]],
    '@opentelemetry/api 1.4 (npm)': [npm, [['-E', '@opentelemetry/api@1.4.1', 'reqlens']]],
    '@opentelemetry/api 1.0 (npm)': [npm, [['reqlens'], ['-E', '@opentelemetry/api@1.0.4']]],
    'an older instrumentation, not hoisted (npm)': [
      npm,
      [
        [
          '--install-strategy=nested',
          'reqlens',
          '@opentelemetry/api@1.9.0',
          '@opentelemetry/instrumentation-koa@0.50.0',
        ],
      ],
    ],
    '@opentelemetry/sdk-node (pnpm)': [
      pnpm,
      [['@opentelemetry/sdk-node@0.222.0', '@opentelemetry/api@1.9.0'], ['reqlens']],
    ],
    '@fastify/otel (pnpm, hoisted)': [
      pnpm,
      [['--config.node-linker=hoisted', 'reqlens', '@fastify/otel', '@opentelemetry/api@1.9.0']],
    ],
    '@opentelemetry/sdk-node (yarn)': [
      yarn,
      [['@opentelemetry/sdk-node@0.222.0', '@opentelemetry/api@1.9.0', 'reqlens']],
    ],
  };
  for (const [what, [manager, steps]] of Object.entries(cases)) {
    const isMissing = manager !== npm && !existsSync(join(tools, 'pnpm'));
    test.skipIf(isMissing)(`beside ${what}`, async () => {
      const cwd = await project({ manager, steps, app: apiUser });
      expect(await seen(cwd)).toEqual({ code: 0, stderr: '', spans: ['GET', 'child'], isOneTrace: true });
    });
  }
});

describe('an SDK that the application starts itself is said in one sentence', () => {
  const cases: Readonly<Record<string, readonly [Steps, string]>> = {
    '@opentelemetry/sdk-node of JS 2.x': [
      [['@opentelemetry/sdk-node@0.222.0', '@opentelemetry/api@1.9.0'], ['reqlens']],
      "import { NodeSDK } from '@opentelemetry/sdk-node';\nnew NodeSDK().start();\n",
    ],
    '@opentelemetry/sdk-node of JS 3.x': [
      [['reqlens', '@opentelemetry/sdk-node@0.301.0', '@opentelemetry/api@1.10.0']],
      "import { NodeSDK } from '@opentelemetry/sdk-node';\nnew NodeSDK().start();\n",
    ],
    '@vercel/otel': [
      [['reqlens'], ['@vercel/otel', '@opentelemetry/api@1.9.0']],
      "import { registerOTel } from '@vercel/otel';\nregisterOTel({ serviceName: 'x', instrumentations: [] });\n",
    ],
  };
  for (const [what, [steps, init]] of Object.entries(cases)) {
    test(`${what} after the preload`, async () => {
      const cwd = await project({ manager: npm, steps, app: `${apiUser}${init}` });
      const { code, stderr, spans } = await seen(cwd);
      expect(code).toBe(0);
      expect(stderr.match(secondSdk)).toHaveLength(1);
      expect(stderr).not.toContain('\n    at ');
      expect(spans).toEqual(expect.arrayContaining(['GET', 'child']));
    });
  }
});

const others: Readonly<Record<string, string>> = {
  'dd-trace': "import tracer from 'dd-trace';\ntracer.init();\n",
  '@sentry/node':
    "import * as Sentry from '@sentry/node';\nSentry.init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 });\n",
};
for (const [name, init] of Object.entries(others)) {
  test(`${name}, started by the application, runs beside us`, async () => {
    const cwd = await project({
      manager: npm,
      steps: [[name, '@opentelemetry/api'], ['reqlens']],
      app: `${apiUser}${init}`,
    });
    const { code, spans } = await seen(cwd);
    const known = new Set(['GET', 'child']);
    expect({ code, spans: spans.filter((span) => known.has(span)) }).toEqual({ code: 0, spans: ['GET', 'child'] });
  });
}

test('two instrumentations that are installed one after the other each see imports, in either order', async () => {
  const koa = '@opentelemetry/instrumentation-koa';
  const express = '@opentelemetry/instrumentation-express';
  const app = `
    import express from 'express';
    const app = express();
    app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
    const server = app.listen(0, async () => {
      await fetch('http://127.0.0.1:' + server.address().port + '/users/7');
      process.exit(0);
    });
    const unused = () => {`;
  const cwd = await project({ manager: npm, steps: [['express@5', 'koa@3', 'reqlens'], [express], [koa]], app: '' });
  await writeFile(join(cwd, 'two.js'), `${app} };\n`);
  for (const names of [`${koa},${express}`, `${express},${koa}`]) {
    const env = {
      REQLENS_INSTRUMENTATIONS: names,
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    };
    const { stdout, stderr, code } = await runApp('two.js', { cwd, nodeArgs: ['--import', 'reqlens/register'], env });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain("name: 'GET /users/:id'");
    expect(stdout).toContain("name: '@opentelemetry/instrumentation-express'");
  }
});

test('@fastify/otel is registered, so that it names routes', async () => {
  const app = `
    import Fastify from 'fastify';
    const app = Fastify();
    app.get('/users/:id', async (request) => ({ id: request.params.id }));
    await app.listen({ port: 0 });
    await fetch('http://127.0.0.1:' + app.server.address().port + '/users/7');
    process.exit(0);
  `;
  const cwd = await project({ manager: npm, steps: [['@fastify/otel', 'fastify@5', 'reqlens']], app: '' });
  await writeFile(join(cwd, 'fastify.js'), app);
  const env = {
    REQLENS_INSTRUMENTATIONS: '@fastify/otel',
    OTEL_TRACES_EXPORTER: 'console',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const { stdout, stderr, code } = await runApp('fastify.js', { cwd, nodeArgs: ['--import', 'reqlens/register'], env });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toContain("name: 'GET /users/:id'");
});
