/** Callers from frameworks: by a small plugin in Fastify, Koa and Hono; without code from Passport and express-jwt. */
import { describe, expect, test } from 'vitest';

import { debug, startAccessApp } from '../access/started-app.ts';
import type { Finished, Headers, StartedApp } from '../access/started-app.ts';
import { token } from '../access/tokens.ts';

const app = async (framework: string, env: Headers = {}): Promise<StartedApp> =>
  startAccessApp(env, `test/frameworks/apps/frameworks-app.mjs ${framework}`);

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly length: string | undefined;
}

async function get(of: StartedApp, path: string, headers: Headers = {}): Promise<Answer> {
  const response = await fetch(`${of.url}${path}`, { headers: { 'x-request-id': `of${path}`, ...headers } });
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status,
    type: type.split(';', 1)[0] ?? '',
    body: await response.text(),
    length: response.headers.get('content-length') ?? undefined,
  };
}

function callerOf({ spans }: Finished, path: string): unknown {
  const { 'user.id': id, 'user.roles': roles } =
    spans.find(({ attributes }) => attributes['reqlens.request.id'] === `of${path}`)?.attributes ?? {};
  return { id, roles };
}

const json = { accept: 'application/json' };
const admin = { 'x-user': JSON.stringify({ id: 7, roles: ['admin'], tenantId: 'north' }) };

const expected: Readonly<Record<string, Readonly<Record<string, readonly [number, string, string]>>>> = {
  fastify: {
    '/throws': [
      402,
      'application/json',
      '{"statusCode":402,"error":"Payment Required","message":"the card is expired","request_id":"of/throws"}',
    ],
    '/problem': [409, 'application/problem+json', '{"big":12345678901234567890,"request_id":"of/problem"}'],
    '/missing': [
      404,
      'application/json',
      '{"message":"Route GET:/missing not found","error":"Not Found","statusCode":404,"request_id":"of/missing"}',
    ],
  },
  koa: {
    '/throws': [402, 'application/json', '{"error":"the card is expired","request_id":"of/throws"}'],
    '/problem': [409, 'application/json', '{"title":"Conflict","request_id":"of/problem"}'],
    '/missing': [404, 'text/plain', 'Not Found'],
  },
  hono: {
    '/throws': [402, 'application/json', '{"error":"the card is expired","request_id":"of/throws"}'],
    '/problem': [409, 'application/problem+json', '{"title":"Conflict","request_id":"of/problem"}'],
    '/missing': [404, 'text/plain', '404 Not Found'],
  },
};

describe.each(Object.keys(expected))('reqlens/%s', (framework) => {
  test('the caller is known to the handler, follows the user, and gives way to what the application says; errors name the request', async () => {
    const running = await app(framework);
    expect(JSON.parse((await get(running, '/who', admin)).body)).toEqual({
      caller: { id: '7', roles: ['admin'], account: 'north' },
    });
    await get(running, '/later', admin);
    await get(running, '/own-word', admin);
    for (const [path, [status, type, body]] of Object.entries(expected[framework] ?? {})) {
      const answer = await get(running, path, json);
      expect(answer).toMatchObject({ status, type, body });
      expect([undefined, String(Buffer.byteLength(body))]).toContain(answer.length);
    }
    expect((await get(running, '/list')).body).toBe('[1]');
    expect((await get(running, '/named')).body).toBe('{"request_id":"own"}');
    expect(await get(running, '/text', json)).toMatchObject({ body: 'plain', type: 'text/plain' });
    // Fastify has nothing but JSON; the others go on as without us where nobody asks for JSON.
    expect((await get(running, '/throws')).type).toBe(framework === 'fastify' ? 'application/json' : 'text/plain');
    await get(running, '/who', { ...admin, [debug]: '1', 'x-request-id': 'asked' });
    expect(await running.keptUsageOf('asked')).toMatchObject({ user_id: '7', account_id: 'north' });

    const finished = await running.finish();
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(callerOf(finished, '/later')).toEqual({ id: 'later', roles: ['admin'] });
    expect(callerOf(finished, '/own-word')).toEqual({ id: 'own', roles: undefined });
    // An answer to `inject` is no request of ours.
    const [injected] = /^injected .*$/m.exec(finished.stdout) ?? [];
    expect(injected?.includes('request_id')).toBe(framework === 'fastify' ? false : undefined);
  });
});

test('Passport’s req.user and express-jwt’s req.auth are read without any code', async () => {
  const secret = 'a secret of the application, which is its own';
  const running = await app('express', {
    APPLICATION_SECRET: secret,
    // Without it nobody knows Express's routes.
    REQLENS_INSTRUMENTATIONS: '@opentelemetry/instrumentation-express',
  });
  await get(running, '/who', { ...admin, [debug]: '1', 'x-request-id': 'passport' });
  expect(await running.keptUsageOf('passport')).toMatchObject({
    user_id: '7',
    account_id: 'north',
    http_route: '/who',
  });
  const authorization = `Bearer ${token({ secret, claims: { aud: undefined, sub: 'ann', roles: ['developer'] } })}`;
  expect((await get(running, '/jwt', { authorization, [debug]: '1', 'x-request-id': 'jwt' })).status).toBe(200);
  expect(await running.keptUsageOf('jwt')).toMatchObject({ user_id: 'ann' });
  await get(running, '/who', {
    'x-user': '{"id":"viewer","roles":["viewer"]}',
    [debug]: '1',
    'x-request-id': 'viewer',
  });
  expect((await running.usageOf('viewer')).status).toBe(404);
  // Nobody asked to be measured: req.user is nobody's business.
  await get(running, '/who', admin);
  const finished = await running.finish();
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  expect(callerOf(finished, '/who')).toEqual({ id: undefined, roles: undefined });
});
