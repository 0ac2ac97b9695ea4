/** Tokens for tests: good ones, and each kind of bad one. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export const secret = 'a secret for tests, of forty-eight bytes exactly';

const nowS = Math.floor(Date.now() / 1000);

/** What a token of `reqlens token` says. */
const goodClaims: Readonly<Record<string, unknown>> = {
  sub: 'ops',
  aud: 'reqlens',
  roles: ['admin'],
  iat: nowS,
  exp: nowS + 3600,
};

interface Making {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
}

/** Signed with an HMAC by hand, so that a token can be wrong in any way. A claim of `undefined` is left out. */
export function token({ claims, header, secret: key = secret }: Making = {}): string {
  const head: Readonly<Record<string, unknown>> = { alg: 'HS256', typ: 'JWT', ...header };
  const text = `${encoded(head)}.${encoded({ ...goodClaims, ...claims })}`;
  const hash = { HS384: 'sha384', HS512: 'sha512' }[String(head['alg'])] ?? 'sha256';
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`;
}

/** A key pair and its public half as a JSON Web Key. */
export interface SigningKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly token: (claims?: Readonly<Record<string, unknown>>) => string;
}

export function signingKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' },
    token: (claims) => signedBy(privateKey, { kid, claims: { ...goodClaims, ...claims } }),
  };
}

function signedBy(
  key: KeyObject,
  { kid, claims }: { readonly kid: string; readonly claims: Readonly<Record<string, unknown>> },
): string {
  const text = `${encoded({ alg: 'EdDSA', kid })}.${encoded(claims)}`;
  return `${text}.${sign(undefined, Buffer.from(text), key).toString('base64url')}`;
}

const wrongAlgorithm = encoded({ alg: 'none', typ: 'JWT' });

/** Each is refused, for the reason that its name says. */
export const badTokens: Readonly<Record<string, string>> = {
  'signed with another secret': token({ secret: 'another secret, which is also forty-eight bytes!' }),
  'without a signature': `${token().split('.', 2).join('.')}.`,
  'with the algorithm none': `${wrongAlgorithm}.${encoded(goodClaims)}.`,
  'with the algorithm none, and a signature all the same': `${wrongAlgorithm}.${encoded(goodClaims)}.${token().split('.')[2]}`,
  'with the algorithm NONE': token({ header: { alg: 'NONE' } }),
  'with an algorithm for public keys': token({ header: { alg: 'RS256' } }),
  'with a hash that is longer than the secret': token({ header: { alg: 'HS512' } }),
  'whose claims were changed': changed(token()),
  'that is expired': token({ claims: { exp: nowS - 1 } }),
  'that never expires': token({ claims: { exp: undefined } }),
  'that is not valid yet': token({ claims: { nbf: nowS + 3600 } }),
  'for another audience': token({ claims: { aud: 'shop' } }),
  'for no audience': token({ claims: { aud: undefined } }),
  'of another role': token({ claims: { roles: ['viewer'] } }),
  'of a role in another case': token({ claims: { roles: ['Admin'] } }),
  'without roles': token({ claims: { roles: undefined } }),
  'whose role is elsewhere': token({ claims: { roles: undefined, role: 'admin', user: { roles: ['admin'] } } }),
  'with a critical extension that nobody knows': token({ header: { crit: ['exp2'], exp2: 1 } }),
};

function changed(good: string): string {
  const [head, , signature] = good.split('.');
  return `${head}.${encoded({ ...goodClaims, sub: 'somebody else' })}.${signature}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
