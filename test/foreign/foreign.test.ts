/** Other OpenTelemetry in the same process: it is noticed, said once, and nothing breaks. */
import { cp, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

const secondSdk =
  'reqlens: another OpenTelemetry SDK was started after reqlens, and OpenTelemetry keeps the first: what is recorded goes out by reqlens, and the exporters, processors and samplers of the other SDK get nothing; either remove that SDK and set OTEL_EXPORTER_OTLP_ENDPOINT, or start the application without reqlens/register\n';

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
  test('registered by the application after the preload: said in one sentence, with both ways out', async () => {
    const { stderr, code, status, spans } = await seen();
    expect({ code, status, stderr }).toEqual({
      code: 0,
      status: 200,
      stderr: `${secondSdk}application registered: false\n`,
    });
    expect(spans).toEqual(['child', 'GET']);
  });

  test('the same when it brings a logger for its diagnostics, which goes on to work', async () => {
    const { stderr, code, status, spans } = await seen({ app: 'test/foreign/apps/own-diagnostics.mjs' });
    expect({ code, status }).toEqual({ code: 0, status: 200 });
    expect(stderr).toBe(`${secondSdk}application registered: false\nits own: something of the application\n`);
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

  const lost = 'what the application records through it is lost; install one version for both';
  const cases = [
    { version: '1.0.0', line: undefined },
    { version: '1.9.0', line: undefined },
    { version: '1.11.0', line: undefined },
    { version: '1.99.0', line: undefined },
    { version: '2.0.0', line: lost },
  ];
  for (const { version, line } of cases) {
    test(`${version}: ${line === undefined ? 'its spans join ours, and nothing is said' : 'said once'}`, async () => {
      const cwd = join(directory, version);
      await copyOfTheApi(cwd, version);
      const nodeArgs = ['--import', join(checkout, 'register.js')];
      const { stderr, code, status, requestId, spans } = await seen({ nodeArgs, app: join(cwd, 'app.mjs'), cwd });
      const { version: ours }: { version: string } = JSON.parse(
        await readFile(join(apiOfOurs, 'package.json'), 'utf8'),
      );
      const expected = `reqlens: the application has its own @opentelemetry/api ${version}, reqlens has ${ours}: ${line}\n`;
      expect({ code, status, stderr }).toEqual({ code: 0, status: 200, stderr: line === undefined ? '' : expected });
      expect(spans).toEqual(line === undefined ? ['child', 'GET'] : ['GET']);
      expect(requestId).toMatch(/^[\da-f-]{36}$/);
    });
  }

  test('1.11.0 as a logger for diagnostics, set before ours comes, refuses nothing of ours', async () => {
    const cwd = join(directory, 'early');
    await copyOfTheApi(cwd, '1.11.0');
    await cp(join(checkout, 'test/foreign/apps/early-diagnostics.mjs'), join(cwd, 'early.mjs'));
    const nodeArgs = ['--import', join(cwd, 'early.mjs'), '--import', join(checkout, 'register.js')];
    const { stderr, spans } = await seen({ nodeArgs, app: join(cwd, 'app.mjs'), cwd });
    expect({ stderr, spans }).toEqual({ stderr: '', spans: ['child', 'GET'] });
  });
});

const apiOfOurs = join(checkout, 'node_modules/@opentelemetry/api');

/**
 * The real package, which says that it is another version wherever it does: in its manifest, and in what it tells the other copies and
 * demands of them.
 */
async function copyOfTheApi(directory: string, version: string): Promise<void> {
  const target = join(directory, 'node_modules/@opentelemetry/api');
  await mkdir(dirname(target), { recursive: true });
  await cp(apiOfOurs, target, { recursive: true, dereference: true });
  const manifest: { version: string } = JSON.parse(await readFile(join(apiOfOurs, 'package.json'), 'utf8'));
  await writeFile(join(target, 'package.json'), JSON.stringify({ ...manifest, version }));
  let replacedCount = 0;
  for await (const path of glob('dist/**/*.{mjs,cjs}', { cwd: target })) {
    const text = await readFile(join(target, path), 'utf8');
    if (!text.includes(`"${manifest.version}"`)) continue;
    const major = version.split('.')[0];
    await writeFile(
      join(target, path),
      text.replaceAll(`"${manifest.version}"`, `"${version}"`).replaceAll('api.1"', `api.${major}"`),
    );
    replacedCount += 1;
  }
  expect(replacedCount).toBeGreaterThan(0);
  await cp(join(checkout, 'test/foreign/apps/api-user.mjs'), join(directory, 'app.mjs'));
}
