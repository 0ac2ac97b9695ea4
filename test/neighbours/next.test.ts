/**
 * A real Next.js application, built as `standalone` with reqlens beside the bundle and in it, and started in every way that docs/nextjs.md names.
 * Needs the registry.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import type { AppResponse } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';
import { checkout, npm, packInto } from './project.ts';

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "web", "private": true }',
  'next.config.mjs': `export default {
    output: 'standalone', outputFileTracingRoot: import.meta.dirname,
    ...(process.env.BUNDLED ? { distDir: '.bundled' } : { serverExternalPackages: ['reqlens'] }),
  };`,
  'instrumentation.js': `export async function register() {
    if (process.env.NEXT_RUNTIME === 'nodejs' && process.env.BARE === undefined) await import('reqlens/register');
  }`,
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
  'app/page.js': `import { getLogger } from 'reqlens';
  export const dynamic = 'force-dynamic';
  export default function Page() {
    getLogger('page').info('page');
    return <p>hello</p>;
  }`,
  'app/api/users/[id]/route.js': `import { getLogger } from 'reqlens';
  export async function GET(request, { params }) {
    const { id } = await params;
    getLogger('page').info('route');
    return Response.json({ id });
  }`,
  'app/api/boom/route.js': "export async function GET() { throw new Error('boom'); }",
};

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reqlens-next-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  await npm(directory, ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1', await packInto(directory)]);
  const next = join(directory, 'node_modules/next/dist/bin/next');
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
  for (const BUNDLED of ['', 'true'])
    await promisify(execFile)(process.execPath, [next, 'build'], { cwd: directory, env: { ...env, BUNDLED } });
}, 300_000);
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const statuses = { '/': 200, '/api/users/7': 200, '/nothing': 404, '/api/boom': 500 };

interface Start {
  readonly path: string;
  readonly cwd: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Visited {
  /** Without what differs from one start to the next: time, and our request id. */
  readonly answers: readonly AppResponse[];
  readonly requestIds: readonly unknown[];
  /** Status by path, as our server spans have it. */
  readonly spans: Readonly<Record<string, unknown>>;
  readonly lineIds: readonly unknown[];
  /** Without frames of stacks: Next prints those of an error that the application throws. */
  readonly stderr: string;
}

async function visited({ path, cwd, args = [], nodeArgs = [], env = {} }: Start): Promise<Visited> {
  const receiver = await startScriptedReceiver();
  const app = await startApp(path, {
    cwd,
    args,
    nodeArgs,
    ready: /- Local: +http:\/\/[^:]+:(\d+)/,
    env: {
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      HOSTNAME: '127.0.0.1',
      PORT: String(await freePort()),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_LOGGERS: 'page',
      REQLENS_LOG_DIR: join(directory, 'logs'),
      REQLENS_SHUTDOWN_TIMEOUT: '15000',
      ...env,
    },
  });
  // Next listens before it has loaded instrumentation.js, and the first request waits for that.
  await app.get('/warm-up');
  const answers: AppResponse[] = [];
  for (const each of Object.keys(statuses)) answers.push(await app.get(each));
  app.signal('SIGTERM');
  const { stdout, stderr, code } = await app.exit;
  await receiver.close();
  expect(code).toBe(143);
  const ours = receiver
    .spans()
    .filter(({ scope, attributes }) => scope === 'reqlens/http' && attributes['url.path'] !== '/warm-up');
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return {
    answers: answers.map(({ headers: { date: _date, 'x-request-id': _requestId, ...headers }, ...rest }) => ({
      ...rest,
      headers,
    })),
    requestIds: answers.map(({ headers }) => headers['x-request-id']),
    spans: Object.fromEntries(
      ours.map(({ attributes }) => [attributes['url.path'], attributes['http.response.status_code']]),
    ),
    lineIds: lines.map((line) => JSON.parse(line).request_id),
    stderr: stderr.replaceAll(/^ +at .*\n/gm, ''),
  };
}

/** Next takes 3000 when it is told 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('however it is started, answers and stderr are as without us, and every request has id, span and lines', async () => {
  const server = { path: 'server.js', cwd: join(directory, '.next/standalone') };
  const bundled = { path: 'server.js', cwd: join(directory, '.bundled/standalone') };
  const nextStart = { path: 'node_modules/next/dist/bin/next', args: ['start'], cwd: directory };
  const env = { BARE: 'true' };
  const starts: Readonly<Record<string, readonly [bare: Start, ours: Start]>> = {
    'by instrumentation.js': [{ ...server, env }, server],
    'by the package of the standalone folder': [
      { ...server, env },
      { ...server, nodeArgs: ['--import', 'reqlens/register'] },
    ],
    'by a path to another copy': [
      { ...server, env },
      { ...server, nodeArgs: ['--import', join(checkout, 'register.js')] },
    ],
    'bundled, by instrumentation.js': [{ ...bundled, env }, bundled],
    'bundled, by a path to another copy': [
      { ...bundled, env },
      { ...bundled, nodeArgs: ['--import', join(checkout, 'register.js')] },
    ],
    'by NODE_OPTIONS before next start': [
      { ...nextStart, env },
      { ...nextStart, env: { NODE_OPTIONS: '--import reqlens/register' } },
    ],
  };
  for (const [how, [bareStart, start]] of Object.entries(starts)) {
    const [bare, ours] = [await visited(bareStart), await visited(start)];
    expect({ how, answers: ours.answers, stderr: ours.stderr }).toEqual({
      how,
      answers: bare.answers,
      stderr: bare.stderr,
    });
    expect({ how, spans: ours.spans }).toEqual({ how, spans: statuses });
    expect({ how, ids: ours.lineIds }).toEqual({ how, ids: ours.requestIds.slice(0, 2) });
    expect(new Set(ours.requestIds).size).toBe(4);
  }
});
