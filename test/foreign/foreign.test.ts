/** Other OpenTelemetry in the same process: it is noticed, said once, and nothing breaks. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const program = 'test/foreign/apps/own-sdk.mjs';
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const anotherSdk =
  'reqlens: another OpenTelemetry SDK was registered before reqlens, so spans go there and ids will not match; preload reqlens first, or remove the other SDK\n';

interface Seen {
  readonly stderr: string;
  readonly code: number | undefined;
  readonly status: number;
  readonly requestId: unknown;
  readonly spans: readonly string[];
}

interface Place {
  readonly nodeArgs?: readonly string[];
  readonly app?: string;
  readonly cwd?: string;
}

async function seen({ nodeArgs = ['--import', './register.js'], app = program, cwd }: Place = {}): Promise<Seen> {
  const receiver = await startScriptedReceiver();
  try {
    const running = await startApp(app, {
      nodeArgs,
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        REQLENS_SHUTDOWN_TIMEOUT: '15000',
      },
    });
    const { status, headers } = await running.get('/');
    const { code, stderr } = await running.exit;
    return {
      stderr,
      code,
      status,
      requestId: headers['x-request-id'],
      spans: receiver.spans().map(({ name }) => name),
    };
  } finally {
    await receiver.close();
  }
}

describe('a second SDK', () => {
  test("registered by the application after the preload: the API refuses it, which is the application's to see", async () => {
    const { stderr, code, status, spans } = await seen();
    expect({ code, status }).toEqual({ code: 0, status: 200 });
    expect(stderr).toMatch(/^reqlens: .*duplicate registration of API: trace.*\napplication registered: false\n$/i);
    expect(spans).toEqual(['child', 'GET']);
  });

  test('registered before ours: said once, and the application runs', async () => {
    const nodeArgs = ['--import', './test/foreign/apps/earlier-sdk.mjs', '--import', './register.js'];
    const { stderr, code, status, requestId } = await seen({ nodeArgs, app: 'test/foreign/apps/api-user.mjs' });
    expect({ code, status, stderr }).toEqual({ code: 0, status: 200, stderr: anotherSdk });
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('another copy of @opentelemetry/api beside the application', () => {
  let directory = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'reqlens-foreign-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  const cases = [
    { version: '1.99.0', line: 'what the application records through it is lost; install one version for both' },
    { version: '2.0.0', line: 'what the application records through it is lost; install one version for both' },
    { version: '1.9.0', line: undefined },
  ];
  for (const { version, line } of cases) {
    test(`${version}: ${line === undefined ? 'works with ours, and nothing is said' : 'said once'}`, async () => {
      const cwd = join(directory, version);
      await copyOfTheApi(cwd, version);
      const nodeArgs = ['--import', join(checkout, 'register.js')];
      const { stderr, code, status, requestId } = await seen({ nodeArgs, app: join(cwd, 'app.mjs'), cwd });
      const ours: { version: string } = JSON.parse(
        await readFile(join(checkout, 'node_modules/@opentelemetry/api/package.json'), 'utf8'),
      );
      const expected = `reqlens: the application has its own @opentelemetry/api ${version}, reqlens has ${ours.version}: ${line}\n`;
      expect({ code, status, stderr }).toEqual({ code: 0, status: 200, stderr: line === undefined ? '' : expected });
      expect(requestId).toMatch(/^[\da-f-]{36}$/);
    });
  }
});

/** The real package with another number on it: the number is what is looked at. */
async function copyOfTheApi(directory: string, version: string): Promise<void> {
  const source = join(checkout, 'node_modules/@opentelemetry/api');
  const target = join(directory, 'node_modules/@opentelemetry/api');
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, dereference: true });
  const manifest: object = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  await writeFile(join(target, 'package.json'), JSON.stringify({ ...manifest, version }));
  await cp(join(checkout, 'test/foreign/apps/api-user.mjs'), join(directory, 'app.mjs'));
}
