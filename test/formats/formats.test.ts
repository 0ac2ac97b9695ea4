/** The same application in every module format: its server, its outgoing calls and its logger are all seen. */
import { execFileSync } from 'node:child_process';

import { describe, expect, test } from 'vitest';

import { runApp, startApp } from '../support/run-app.ts';
import type { AppOptions } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const node = process.env['REQLENS_TEST_NODE'] ?? process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1);
const [major = 0, minor = 0] = version.split('.').map(Number);
/** Node strips types without a flag from 22.18 on. */
const isBeforeTypes = major === 22 && minor < 18;
const stripTypes = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
/** Warns about itself before 22.18 and 24, with or without us. */
const quiet = ['--disable-warning=ExperimentalWarning'];
const preload = ['--import', './register.js'];

const formats = [
  { file: 'named.mjs', what: 'an ES module with a named import' },
  { file: 'default.mjs', what: 'an ES module with a default import, without the prefix node:' },
  { file: 'namespace.mjs', what: 'an ES module with a namespace import' },
  { file: 'dynamic.mjs', what: 'an ES module with top-level await and dynamic imports' },
  { file: 'commonjs.cjs', what: 'CommonJS' },
  { file: 'typed.ts', what: 'TypeScript' },
  { file: 'typed.mts', what: 'TypeScript, ES module' },
  { file: 'typed.cts', what: 'TypeScript, CommonJS' },
];

interface Seen {
  readonly spans: readonly string[];
  readonly lines: number;
  readonly stderr: string;
  readonly code: number | undefined;
}

async function seen(file: string, options: AppOptions): Promise<Seen> {
  const receiver = await startScriptedReceiver();
  try {
    const env = { ...receiverEnv(receiver.url), ...options.env };
    const app = await startApp(`test/formats/apps/${file}`, { ...options, env });
    const { headers } = await app.get('/');
    const { code, stderr } = await app.exit;
    const [server] = receiver.spans().filter(({ attributes }) => attributes['url.path'] === '/');
    expect(receiver.spans().every(({ traceId }) => traceId === server?.traceId)).toBe(true);
    expect(receiver.logs().map(({ attributes }) => attributes['reqlens.request.id'])).toEqual([
      headers['x-request-id'],
    ]);
    const kinds = ['internal', 'internal', 'server', 'client'];
    const spans = receiver.spans().map(({ kind, scope }) => `${kinds[kind]} ${scope}`);
    return {
      spans: spans.toSorted((one, other) => one.localeCompare(other)),
      lines: receiver.logs().length,
      stderr,
      code,
    };
  } finally {
    await receiver.close();
  }
}

/** The test's request, and the two that the application makes to itself, seen from both ends. */
const everything: Seen = {
  spans: [
    'client reqlens/http',
    'client reqlens/http',
    'server reqlens/http',
    'server reqlens/http',
    'server reqlens/http',
  ],
  lines: 1,
  stderr: '',
  code: 0,
};

describe('an application as', () => {
  for (const { file, what } of formats) {
    const isTyped = file.includes('ts');
    // There `require` of an ES module that is loaded already fails in a .cts file, whatever the module is; later it works.
    const isUnable = file === 'typed.cts' && isBeforeTypes;
    test.skipIf(isUnable)(`${what} is seen whole`, async () => {
      expect(await seen(file, { nodeArgs: [...(isTyped ? stripTypes : quiet), ...preload] })).toEqual(everything);
    });
  }
});

describe('the preload', () => {
  test('named twice, on the command line and in NODE_OPTIONS, starts once', async () => {
    const options = { nodeArgs: [...quiet, ...preload], env: { NODE_OPTIONS: '--import ./register.js' } };
    expect(await seen('named.mjs', options)).toEqual(everything);
  });

  test('in NODE_OPTIONS alone is enough', async () => {
    const options = { nodeArgs: quiet, env: { NODE_OPTIONS: '--import ./register.js' } };
    expect(await seen('commonjs.cjs', options)).toEqual(everything);
  });

  test('by --require works too, because a synchronous ES module can be required', async () => {
    expect(await seen('commonjs.cjs', { nodeArgs: [...quiet, '--require', './register.js'] })).toEqual(everything);
  });

  test('is the package that the application imports and requires: one instance', async () => {
    const { stdout, stderr } = await runApp('test/formats/apps/same-instance.mjs', {
      nodeArgs: [...quiet, ...preload],
      env: { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      isSameLogger: true,
      isSameError: true,
      isRegistered: true,
    });
  });

  test('does not disturb node --test', async () => {
    const receiver = await startScriptedReceiver();
    const nodeArgs = ['--test', '--test-reporter=tap', ...preload];
    const exit = await runApp('test/formats/apps/a.test.mjs', { nodeArgs, env: receiverEnv(receiver.url), node });
    await receiver.close();
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(exit.stdout).toContain('# pass 1\n');
    expect(receiver.spans().filter(({ kind }) => kind === 2)).toHaveLength(1);
  });

  test('does not disturb node --watch, which ends by a signal', async () => {
    const receiver = await startScriptedReceiver();
    const nodeArgs = [...quiet, '--watch', ...preload];
    const app = await startApp('test/formats/apps/watched.mjs', { nodeArgs, env: receiverEnv(receiver.url) });
    expect((await app.get('/')).headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    app.signal('SIGTERM');
    await app.exit;
    await receiver.until(() => receiver.spans().length > 0);
    await receiver.close();
    expect(receiver.spans().map(({ kind }) => kind)).toEqual([2]);
  });
});

function receiverEnv(url: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
  };
}
