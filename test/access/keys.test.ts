/** Tokens signed with keys that are published (REQLENS_JWKS_URL): fetched once, again when they change, and never waited for. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { debug, startAccessApp } from './started-app.ts';
import type { StartedApp } from './started-app.ts';
import { secret, signingKey, token } from './tokens.ts';

interface KeyServer {
  readonly url: string;
  readonly fetches: () => number;
  /** What it answers with from now on. */
  answer: { readonly status: number; readonly body: string };
}

async function startKeyServer(body: object): Promise<KeyServer> {
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches += 1;
    response.writeHead(keys.answer.status, { 'content-type': 'application/json' }).end(keys.answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  const keys: KeyServer = {
    url: `http://127.0.0.1:${port}/keys?of=shop`,
    fetches: () => fetches,
    answer: { status: 200, body: JSON.stringify(body) },
  };
  return keys;
}

/** Whether the token opens the endpoint, where an unknown id is a 404 and a known one is not. */
async function opens(app: StartedApp, text: string): Promise<boolean> {
  const response = await app.raw({ path: '/internal/usage/known', headers: { [debug]: text } });
  return response.startsWith('HTTP/1.1 200');
}

test('a published key is believed for its own algorithm, audience and issuer alone, and is fetched once', async () => {
  const [key, other] = [signingKey('one'), signingKey('one')];
  const keys = await startKeyServer({ keys: [key.jwk] });
  const app = await startAccessApp({
    REQLENS_JWKS_URL: keys.url,
    REQLENS_JWT_ISSUER: 'https://id.example',
    REQLENS_JWT_AUDIENCE: 'api://shop, reqlens',
    REQLENS_JWT_ROLES_CLAIM: 'realm_access.roles',
  });
  const own = { iss: 'https://id.example', aud: ['api://other', 'api://shop'], realm_access: { roles: ['admin'] } };
  await app.raw({ path: '/late?roles=admin', headers: { [debug]: '1', 'X-Request-ID': 'known' } });
  expect(await opens(app, key.token(own))).toBe(true);
  expect(await opens(app, token({ claims: own }))).toBe(true);
  for (const refused of [
    other.token(own),
    key.token({ ...own, iss: 'https://other.example' }),
    key.token({ ...own, iss: undefined }),
    key.token({ ...own, aud: 'api://other' }),
    key.token({ ...own, realm_access: undefined, roles: ['admin'] }),
    key.token({ ...own, realm_access: { roles: ['viewer'] } }),
    key.token({ ...own, exp: 1 }),
    // The public key as if it were a secret: the oldest trick.
    token({ claims: own, secret: JSON.stringify(key.jwk) }),
    token({ claims: own, secret: String(key.jwk['x']) }),
  ])
    expect(await opens(app, refused)).toBe(false);
  expect(keys.fetches()).toBe(1);
  const { stderr, spans } = await app.finish();
  expect(stderr).toBe('');
  // Fetching keys is no part of any request.
  expect(spans.filter(({ kind }) => kind === 3)).toEqual([]);
});

test('keys that cannot be had: said once, nobody is privileged, nobody waits, and tokens by the secret go on', async () => {
  const key = signingKey('one');
  const keys = await startKeyServer({ keys: [key.jwk] });
  keys.answer = { status: 503, body: 'hunter2' };
  const app = await startAccessApp({ REQLENS_JWKS_URL: keys.url });
  await app.raw({ path: '/late?roles=admin', headers: { [debug]: '1', 'X-Request-ID': 'known' } });
  for (let count = 0; count < 5; count += 1) expect(await opens(app, key.token())).toBe(false);
  expect(await opens(app, token())).toBe(true);
  expect(await app.raw({ path: '/plain', headers: { [debug]: key.token() } })).toContain('HTTP/1.1 200 OK');
  expect(keys.fetches()).toBe(1);
  const { stderr } = await app.finish();
  expect(stderr).toBe(
    'reqlens: usage: tokens cannot be verified, and are not believed (REQLENS_JWKS_URL): expected status 200, got 503\n',
  );
});

test('an answer that never comes keeps neither the response nor the exit', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  const app = await startAccessApp({ REQLENS_JWKS_URL: `http://127.0.0.1:${port}/`, REQLENS_JWT_SECRET: undefined });
  const asked = app.raw({ path: '/plain', headers: { [debug]: signingKey('one').token(), 'X-Request-ID': 'hung' } });
  expect(await asked).toContain('HTTP/1.1 200 OK');
  const { code, spans, stderr } = await app.finish();
  server.closeAllConnections();
  server.close();
  expect(code).toBe(0);
  const [hung] = spans.filter(({ attributes }) => attributes['reqlens.request.id'] === 'hung');
  expect(hung?.attributes).not.toHaveProperty('reqlens.usage.cpu_ms');
  expect(stderr).toMatch(
    /^(?:reqlens: usage: tokens cannot be verified, and are not believed \(REQLENS_JWKS_URL\): .*\n)?$/,
  );
});

test('the secret of the tests is long enough for HS256 and HS384 alone', () => {
  expect(Buffer.byteLength(secret)).toBe(48);
});
