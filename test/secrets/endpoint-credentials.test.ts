/** `http://user:password@collector`: the receiver is asked with them, and nobody else ever sees them, whatever goes wrong. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { listening } from '../sending/receiver.ts';
import { startApp } from '../support/run-app.ts';
import { untilTrue } from '../support/until-true.ts';

const user = 'ulysses-the-user';
const password = 'hunter2-and-more';
const basic = Buffer.from(`${user}:${password}`).toString('base64');
const secrets = [user, password, basic, encodeURIComponent(`${user}:${password}`)];

/** Takes metrics, and does the same with everything else; an answer of its own may hold all that it was told. */
type Answer = (told: string) => RequestListener;

const echo: Answer = (told) => (_request, response) => {
  response.writeHead(401, { 'content-type': 'text/plain' }).end(`who is ${told}?`);
};

const moods: Readonly<Record<string, Answer>> = {
  'takes everything': () => (_request, response) => response.end(),
  'refuses and echoes': echo,
  'is busy and echoes': (told) => (_request, response) => response.writeHead(503).end(`busy with ${told}`),
  'redirects to what it was told': (told) => (_request, response) =>
    response.writeHead(307, { location: `http://${told}@elsewhere.example/${told}` }).end(),
  'redirects within itself': () => (request, response) =>
    response
      .writeHead(request.url?.endsWith('/again') === true ? 400 : 308, { location: `${request.url}/again` })
      .end(),
  'rejects a part and echoes': (told) => (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: `not from ${told}` } })),
  'resets the connection': () => (request) => request.socket.destroy(),
};

interface Seen {
  readonly authorizations: ReadonlySet<string | undefined>;
  /** Everything that was printed, written, and sent. */
  readonly text: string;
}

async function seen(answer: Answer | undefined, env: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const authorizations = new Set<string | undefined>();
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    authorizations.add(request.headers.authorization);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      if (request.url?.endsWith('/metrics') === true) response.end();
      else answer?.(`${user}:${password} ${request.headers.authorization}`)(request, response);
    });
  });
  const port = await listening(server);
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  if (answer === undefined) server.close();
  const app = await startApp('test/exit/apps/endings.mjs', {
    args: ['serve'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${user}:${password}@127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '300',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_BLRP_SCHEDULE_DELAY: '50',
      OTEL_LOG_LEVEL: 'all',
      REQLENS_STARTUP_LINE: '1',
      REQLENS_LOG_DIR: folder,
      REQLENS_SHUTDOWN_TIMEOUT: '3000',
      ...env,
    },
  });
  await app.get('/ok');
  if (answer === undefined) await app.until(() => app.stderr().includes('no collector answers'));
  else {
    // The second metrics have what became of the first; while the receiver is away they wait on disk, where they are looked at too.
    const hasTold = (): boolean => bodies.filter((body) => body.includes('otel.sdk.exporter')).length > 1;
    await untilTrue(() => hasTold() || app.stderr().includes('does not take telemetry'));
  }
  app.signal('SIGTERM');
  const { stdout, stderr } = await app.exit;
  return { authorizations, text: [stdout, stderr, ...bodies.map(String), ...filesIn(folder)].join('\n') };
}

/** Names and contents, those of spooled batches unpacked. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [entry.name];
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    const packed = bytes.subarray(bytes.indexOf(0x0a) + 1);
    return [entry.name, bytes.toString('latin1'), ...(packed[0] === 0x1f ? [gunzipSync(packed).toString()] : [])];
  });
}

function shownOf({ text }: Seen): string[] {
  return secrets.filter((secret) => text.includes(secret));
}

test.each(Object.entries(moods))('a receiver that %s', async (_, answer) => {
  const all = await seen(answer);
  expect([...all.authorizations]).toEqual([`Basic ${basic}`]);
  expect(shownOf(all)).toEqual([]);
});

test('nobody there', async () => {
  expect(shownOf(await seen(undefined))).toEqual([]);
});

test.each([
  ['gRPC, which has no place for them', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_METRICS_EXPORTER: 'none' }],
  [
    'TLS where there is none',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `https://${user}:${password}@127.0.0.1:1/v1/traces` },
  ],
  ['an address that is none', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://${user}:${password}@host:99999` }],
  ['an address of another kind', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `ftp://${user}:${password}@host` }],
  ['an address without a scheme', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${user}:${password}@host:4318` }],
])('%s', async (_, env) => {
  expect(shownOf(await seen(undefined, env))).toEqual([]);
});
