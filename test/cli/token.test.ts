/** `reqlens token`: what it signs, and that an application with the same variables believes it. */
import { execFile } from 'node:child_process';

import { decodeJwt, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';

import { readTokenOptions } from '../../src/cli/token-options.ts';
import { debug, startAccessApp } from '../access/started-app.ts';
import { secret } from '../access/tokens.ts';

interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string>>;

async function reqlensToken(args: readonly string[], env: Env = { REQLENS_JWT_SECRET: secret }): Promise<Printed> {
  const { promise, resolve } = Promise.withResolvers<Printed>();
  const { PATH = '' } = process.env;
  execFile(
    process.execPath,
    ['dist/src/cli/main.js', 'token', ...args],
    { env: { PATH, ...env } },
    (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
  );
  return promise;
}

test('a token says who, which role, for whom and until when, and opens the application with the same variables', async () => {
  const env = {
    REQLENS_JWT_SECRET: secret,
    REQLENS_JWT_AUDIENCE: 'api://shop,reqlens',
    REQLENS_JWT_ISSUER: 'https://id.example',
    REQLENS_JWT_ROLES_CLAIM: 'realm_access.roles',
    REQLENS_PRIVILEGED_ROLES: 'sre, admin',
  };
  const { code, stdout, stderr } = await reqlensToken(['--ttl', '2h', '--subject', 'Ann'], env);
  expect([code, stderr]).toEqual([0, '']);
  const { payload, protectedHeader } = await jwtVerify(stdout.trim(), new TextEncoder().encode(secret));
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
  const { iat = 0 } = payload;
  expect(payload).toEqual({
    sub: 'Ann',
    aud: 'api://shop',
    iss: 'https://id.example',
    realm_access: { roles: ['sre'] },
    iat,
    exp: iat + 7200,
  });

  const app = await startAccessApp(env);
  await app.raw({ path: '/plain', headers: { [debug]: stdout.trim(), 'X-Request-ID': 'by-token' } });
  let response = '';
  while (!response.includes('"user_id":"Ann"')) {
    response = await app.raw({
      path: '/internal/usage/by-token',
      headers: { Authorization: `Bearer ${stdout.trim()}` },
    });
  }
  expect((await app.finish()).stderr).toBe('');
});

test('by default it is short and of the first privileged role; a role that is none of them is said', async () => {
  const [usual, other] = await Promise.all([reqlensToken([]), reqlensToken(['--role', 'viewer'])]);
  const { iat = 0, ...claims } = decodeJwt(usual.stdout.trim());
  expect(claims).toEqual({ sub: 'reqlens token', aud: 'reqlens', roles: ['admin'], exp: iat + 900 });
  expect(decodeJwt(other.stdout.trim())['roles']).toEqual(['viewer']);
  expect([usual.stderr, other.stderr]).toEqual([
    '',
    'reqlens: "viewer" is none of REQLENS_PRIVILEGED_ROLES (admin,developer): the token will not be privileged\n',
  ]);
});

test('without a secret, or with one that is too short, nothing is signed and nothing of it is shown', async () => {
  const none =
    'reqlens: cannot sign a token: REQLENS_JWT_SECRET must be set, e.g. to the output of openssl rand -base64 48\n';
  expect(await reqlensToken([], {})).toEqual({ code: 1, stdout: '', stderr: none });
  expect(await reqlensToken([], { REQLENS_JWT_SECRET: 'hunter2' })).toEqual({
    code: 1,
    stdout: '',
    stderr: `reqlens: REQLENS_JWT_SECRET="***" is not usable: expected a text of 32 bytes or more; no token is believed by it\n${none}`,
  });
});

describe('arguments', () => {
  test.each([
    [['--ttl', '15'], '--ttl: expected a time of at most 31d such as 90s, 15m or 8h, got "15"'],
    [['--ttl', '32d'], '--ttl: expected a time of at most 31d such as 90s, 15m or 8h, got "32d"'],
    [['--role', ' '], '--role: expected 1-256 characters, none of them a control character, got " "'],
    [
      ['--subject', 'a\u0007'],
      '--subject: expected 1-256 characters, none of them a control character, got "a\\u0007"',
    ],
  ])('%j', (argv, message) => {
    expect(readTokenOptions(argv)).toEqual({ kind: 'mistake', message });
  });

  test('one that is not known ends with status 2', async () => {
    const { code, stdout, stderr } = await reqlensToken(['--for', 'ever']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^reqlens: .*--for.*; see reqlens token --help\n$/);
  });
});
