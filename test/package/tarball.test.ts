/** The package as npm installs it, in a directory that has never heard of this checkout. Needs the registry for the dependencies. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const body = `
const log = getLogger('webhooks');
const server = createServer((request, response) => {
  log.info('from an installed package');
  response.on('close', () => server.close());
  response.end(currentRequest()?.requestId);
}).listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
`;
const esm = `import { createServer } from 'node:http';\nimport { currentRequest, getLogger } from 'reqlens';\n`;
const cjs = `const { createServer } = require('node:http');\nconst { currentRequest, getLogger } = require('reqlens');\n`;
const typed = `import type { NamedLogger } from 'reqlens';\nconst typedLogger: NamedLogger = getLogger('webhooks');\ntypedLogger.debug('never');\n`;

const applications = [
  { file: 'app.mjs', what: 'an ES module', source: esm + body },
  { file: 'app.cjs', what: 'CommonJS', source: cjs + body },
  { file: 'app.js', what: 'CommonJS without saying so', source: cjs + body },
  {
    file: 'app.mts',
    what: 'TypeScript',
    source: esm + typed + body.replace('server.address().port', 'Object(server.address()).port'),
  },
];

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reqlens-tarball-'));
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const { stdout } = await run('npm', pack, { cwd: checkout, maxBuffer: 16 * 1024 * 1024 });
  const [packed]: { filename: string }[] = JSON.parse(stdout);
  await writeFile(join(directory, 'package.json'), '{ "name": "clean", "private": true }');
  for (const { file, source } of applications) await writeFile(join(directory, file), source);
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, `./${packed?.filename}`], { cwd: directory });
}, 240_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('node --import reqlens/register', () => {
  for (const { file, what } of applications) {
    test(`starts ${what}`, async () => {
      const receiver = await startScriptedReceiver();
      const app = await startApp(file, {
        cwd: directory,
        nodeArgs: [
          '--disable-warning=ExperimentalWarning',
          ...(file.endsWith('ts') ? ['--experimental-strip-types'] : []),
          '--import',
          'reqlens/register',
        ],
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          REQLENS_SHUTDOWN_TIMEOUT: '15000',
        },
      });
      const { headers, body: answer } = await app.get('/');
      expect(await app.exit).toMatchObject({ code: 0, stderr: '' });
      await receiver.close();
      expect(answer).toBe(headers['x-request-id']);
      expect(receiver.spans().map(({ attributes }) => attributes['reqlens.request.id'])).toEqual([answer]);
      expect(receiver.logs().map(({ attributes }) => attributes['reqlens.request.id'])).toEqual([answer]);
    });
  }
});

test('npx reqlens --version says the version', async () => {
  const { version }: { version: string } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8'));
  const { stdout } = await run('npx', ['--no-install', 'reqlens', '--version'], { cwd: directory });
  expect(stdout).toBe(`${version}\n`);
});

test('nothing of OpenTelemetry or pino that others bring can take the place of ours: it is inside, with its licences', async () => {
  const installed = await readdir(join(directory, 'node_modules'));
  expect(installed).not.toContain('@opentelemetry');
  const licences = await readFile(join(directory, 'node_modules/reqlens/dist/LICENSES-BUNDLED'), 'utf8');
  for (const name of ['@opentelemetry/api', '@opentelemetry/sdk-trace', 'pino', 'require-in-the-middle']) {
    expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
  }
});

test('the pages that README and messages name are in it', async () => {
  const installed = join(directory, 'node_modules/reqlens');
  expect(await readdir(installed)).toEqual(
    expect.arrayContaining(['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md']),
  );
  const written = await readdir(join(checkout, 'docs'), { recursive: true });
  const packed = await readdir(join(installed, 'docs'), { recursive: true, withFileTypes: true });
  const files = packed.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => relative(join(installed, 'docs'), join(parentPath, name)));
  expect(paths.toSorted()).toEqual(written.filter((path) => path.endsWith('.md')).toSorted());
});

test('types resolve for both kinds of importers', async () => {
  const options = {
    compilerOptions: {
      module: 'nodenext',
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(checkout, 'node_modules/@types')],
    },
    files: ['app.mts'],
  };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(options));
  const { stdout } = await run(process.execPath, [join(checkout, 'node_modules/typescript/bin/tsc'), '-p', directory]);
  expect(stdout).toBe('');
});
