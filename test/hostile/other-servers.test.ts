/** What the servers that we ask may answer when they are hostile, or not what they seem: key sets, a Redis, an OTLP receiver. Nothing of it may reach a caller or a terminal. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import { debug, startAccessApp } from '../access/started-app.ts';
import { signingKey } from '../access/tokens.ts';
import { startApp } from '../support/run-app.ts';

const key = signingKey('one');
const keySet = JSON.stringify({ keys: [key.jwk] });

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startHttp(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  const port = await portOf(server);
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${port}/`;
}

/** At most one line, which a terminal shows as it is. */
const oneHarmlessLine = /^(?:reqlens: [^\p{Cc}\p{Cf}]*\n)?$/u;

describe('a key set', () => {
  const answers: readonly (readonly [string, RequestListener])[] = [
    ['is no JSON', (_request, response) => response.end('\u001b[2J<html>')],
    ['is JSON of another kind', (_request, response) => response.end('{"keys":{"__proto__":{"kty":"OKP"}}}')],
    ['has keys that are none', (_request, response) => response.end('{"keys":[null,1,{"kty":"\\u001b[31m"},{}]}')],
    ['has a secret in it', (_request, response) => response.end('{"keys":[{"kty":"oct","k":"AAAA","kid":"one"}]}')],
    [
      'never ends',
      (_request, response) => {
        const write = (): void => {
          while (!response.destroyed && response.write(' '.repeat(65_536)));
        };
        response.on('drain', write);
        write();
      },
    ],
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"keys":');
        setImmediate(() => response.destroy());
      },
    ],
    [
      'is a status line with escapes',
      (_request, response) => response.socket?.end('HTTP/1.1 500 \u009b31mforged\r\n\r\n'),
    ],
  ];

  test.each(answers)('that %s opens nothing, and is said in one harmless line', async (_, answer) => {
    const app = await startAccessApp({ REQLENS_JWKS_URL: await startHttp(answer), REQLENS_JWT_SECRET: undefined });
    const asked = await app.raw({ path: '/plain', headers: { [debug]: key.token() } });
    expect(asked).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const read = await app.raw({ path: '/internal/usage/known', headers: { [debug]: key.token() } });
    expect(read).toMatch(/^HTTP\/1\.1 404 /);
    const { code, stderr } = await app.finish();
    expect(code).toBe(0);
    expect(stderr).toMatch(oneHarmlessLine);
  });

  test('that is somewhere else is not fetched from there', async () => {
    let fetches = 0;
    const elsewhere = await startHttp((_request, response) => {
      fetches += 1;
      response.end(keySet);
    });
    const url = await startHttp((_request, response) => response.writeHead(302, { location: elsewhere }).end());
    const app = await startAccessApp({ REQLENS_JWKS_URL: url, REQLENS_JWT_SECRET: undefined });
    const read = await app.raw({ path: '/internal/usage/known', headers: { [debug]: key.token() } });
    expect(read).toMatch(/^HTTP\/1\.1 404 /);
    const { stderr } = await app.finish();
    expect(fetches).toBe(0);
    expect(stderr).toMatch(oneHarmlessLine);
  });
});

/** Answers every command of a Redis client with OK, but for those that it has an answer for. */
async function startFakeRedis(answers: Readonly<Record<string, string>>): Promise<string> {
  const server = createTcpServer((socket) => {
    // Clients go without a word.
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const [, name = ''] of text.matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g)) {
        socket.write(answers[name.toUpperCase()] ?? '+OK\r\n', 'latin1');
      }
    });
    onTestFinished(() => {
      socket.destroy();
    });
  });
  return `redis://127.0.0.1:${await portOf(server)}`;
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

describe('a Redis', () => {
  test.each([
    ['holds what is no usage', bulk('<script>alert(1)</script>')],
    ['holds JSON of another kind', bulk('["request_id"]')],
    ['holds a text of a megabyte', bulk(JSON.stringify({ request_id: 'x'.repeat(1_000_000) }))],
    ['holds a number', ':1\r\n'],
  ])('that %s has nothing for us', async (_, stored) => {
    const app = await startAccessApp({ REQLENS_USAGE_STORE: await startFakeRedis({ GETRANGE: stored }) });
    const { status, body } = await app.usageOf('known');
    expect({ status, title: JSON.parse(body).title }).toEqual({ status: 404, title: 'Not Found' });
    expect((await app.finish()).stderr).toBe('');
  });

  test.each([
    ['refuses with escapes', { GETRANGE: '-ERR \u009b31mforged \u001b]0;title\u0007 user:hunter2@host\r\n' }],
    ['refuses at length', { GETRANGE: `-ERR ${'x'.repeat(100_000)}\r\n` }],
    ['speaks another protocol', { GETRANGE: 'HTTP/1.1 400 Bad Request\r\n\r\n' }],
  ])('that %s is away, which is said in one harmless line', async (_, answers) => {
    const app = await startAccessApp({ REQLENS_USAGE_STORE: await startFakeRedis(answers) });
    expect((await app.usageOf('known')).status).toBe(503);
    const { code, stderr } = await app.finish();
    expect(code).toBe(0);
    expect(stderr).toMatch(oneHarmlessLine);
    expect(stderr).not.toContain('hunter2');
    expect(stderr.length).toBeLessThan(1100);
  });
});

describe('an OTLP receiver', () => {
  const withHeader = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hunter2', REQLENS_SHUTDOWN_TIMEOUT: '2000' };

  /** One visit; the process then sends what it has and ends. */
  async function visited(endpoint: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const app = await startApp('test/apps/env-app.mjs', {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...withHeader, ...env },
    });
    expect((await app.get('/all')).status).toBe(200);
    const { code, stderr } = await app.exit;
    expect(code).toBe(0);
    return stderr;
  }

  /** Lines of ours, and nothing in them that a terminal would obey. */
  const harmless = /^(?:reqlens: [^\p{Cc}\p{Cf}]*\n)*$/u;

  const receivers: readonly (readonly [string, RequestListener])[] = [
    [
      'answers without an end',
      (_request, response) => {
        const write = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', write);
        write();
      },
    ],
    [
      'refuses with escapes',
      (_request, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end('{"code":3,"message":"\\u001b[31mforged\\u009b\\u202e"}');
      },
    ],
    [
      'takes a part, and says why with escapes',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"\\u001b[31mforged\\n\\u001b]0;x\\u0007"}}',
        );
      },
    ],
    [
      'has escapes in its status line',
      (_request, response) => response.socket?.end('HTTP/1.1 400 \u009b31mforged\r\n\r\n'),
    ],
    ['speaks no HTTP', (_request, response) => response.socket?.end('\u001b[2J\r\n\r\n')],
    [
      'says to come back never',
      (_request, response) => response.writeHead(503, { 'retry-after': '9'.repeat(400) }).end(),
    ],
    ['says to come back in the past', (_request, response) => response.writeHead(429, { 'retry-after': '-1' }).end()],
    [
      'has a head of its own size',
      (_request, response) => response.writeHead(200, { 'x-much': 'x'.repeat(100_000) }).end(),
    ],
  ];

  test.each(receivers)('that %s costs telemetry, no more', async (_, answer) => {
    const url = await startHttp(answer);
    const protocols = ['http/json', 'http/protobuf'];
    const said = await Promise.all(
      protocols.map(async (protocol) => visited(url, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol })),
    );
    for (const stderr of said) expect(stderr).toMatch(harmless);
  });

  test('that sends elsewhere does not get the credentials sent there', async () => {
    let calls = 0;
    const elsewhere = await startHttp((_request, response) => {
      calls += 1;
      response.end();
    });
    const redirecting =
      (status: number): RequestListener =>
      (_request, response) => {
        response.writeHead(status, { location: `${elsewhere}v1/traces` }).end();
      };
    const urls = await Promise.all([301, 302, 303, 307, 308].map(async (status) => startHttp(redirecting(status))));
    for (const stderr of await Promise.all(urls.map(async (url) => visited(url)))) {
      expect(stderr).toMatch(harmless);
      expect(stderr).not.toContain('hunter2');
    }
    expect(calls).toBe(0);
  });
});
