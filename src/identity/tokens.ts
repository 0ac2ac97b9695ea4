/**
 * Verifies signed tokens (JWT) by `jose`, which is loaded only when the configuration asks for it. Never throws and never says why a token was refused:
 * the answer to every doubt is that nobody is known.
 */
import { createHash } from 'node:crypto';

import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type * as JoseModule from 'jose';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';

import type { TokenSettings } from '../config/config.ts';
import { callerOfToken } from './named-caller.ts';
import type { Caller } from './request-scope.ts';

type Jose = typeof JoseModule;

/** Longer ones are no tokens but payload; Node allows 16 KiB for all headers together. */
const maxTokenLength = 8192;
/** A token that was verified is believed so long without looking again, or until it expires. Milliseconds. */
const rememberMs = 60_000;
const maxRemembered = 256;
/** Verifications under way at once; each is some 0.1 ms of a thread. More are refused. */
const maxPending = 256;

const jwtShape = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** @returns Whether it looks like a signed token: three parts in base64url. */
export function isTokenShaped(text: string): boolean {
  return text.length <= maxTokenLength && jwtShape.test(text);
}

interface Remembered {
  readonly caller: Caller;
  readonly untilMs: number;
}

/** What is verified at once comes as it is, what takes a while as a promise. Undefined: nobody. */
export type Verified = Caller | undefined | Promise<Caller | undefined>;

export class TokenVerifier {
  readonly #settings: TokenSettings;
  /** By the token's hash, so that no token is kept; the oldest goes first. */
  readonly #remembered = new Map<string, Remembered>();
  #pendingCount = 0;
  #verify: Promise<VerifyToken> | undefined;

  constructor(settings: TokenSettings) {
    this.#settings = settings;
    const { secret, jwksUrl } = settings;
    // Begun now, so that the first token need not wait for it.
    if (secret !== undefined || jwksUrl !== undefined) void this.#verifier().catch(reportKeys);
  }

  /** @param token - As it came, without `Bearer`. */
  verify(token: string): Verified {
    const { secret, jwksUrl } = this.#settings;
    if ((secret === undefined && jwksUrl === undefined) || !isTokenShaped(token)) return undefined;
    const key = createHash('sha256').update(token).digest('base64');
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined && Date.now() < remembered.untilMs) return remembered.caller;
    if (this.#pendingCount >= maxPending) return undefined;
    this.#pendingCount += 1;
    // Fetching keys is ours and no part of the request: it gets no span, no traceparent, and no request id.
    return context
      .with(suppressTracing(ROOT_CONTEXT), async () => this.#verified(token, key))
      .finally(() => {
        this.#pendingCount -= 1;
      });
  }

  async #verified(token: string, key: string): Promise<Caller | undefined> {
    try {
      const verify = await this.#verifier();
      const payload = await verify(token);
      const caller = callerOfToken(payload, this.#settings.rolesClaim);
      this.#remember(key, { caller, untilMs: Math.min(Date.now() + rememberMs, (payload.exp ?? 0) * 1000) });
      return caller;
    } catch (error) {
      reportKeys(error);
      return undefined;
    }
  }

  async #verifier(): Promise<VerifyToken> {
    this.#verify ??= verifierFor(this.#settings);
    return this.#verify;
  }

  #remember(key: string, entry: Remembered): void {
    this.#remembered.delete(key);
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined && this.#remembered.size >= maxRemembered) this.#remembered.delete(oldest);
    this.#remembered.set(key, entry);
  }
}

type VerifyToken = (token: string) => Promise<JWTPayload>;

/** A secret and a public key never meet: the algorithm that the token names chooses between two closed lists. */
async function verifierFor(settings: TokenSettings): Promise<VerifyToken> {
  const jose = await import('jose');
  const { secret, issuer, audience } = settings;
  const claims: JWTVerifyOptions = {
    audience: [...audience],
    requiredClaims: ['exp'],
    ...(issuer === undefined ? {} : { issuer }),
  };
  const secretBytes = secret === undefined ? undefined : new TextEncoder().encode(secret);
  const hashes = secretBytes === undefined ? [] : hashesFor(secretBytes);
  const keys = keySet(jose, settings.jwksUrl);
  return async (token) => {
    const { alg = '' } = jose.decodeProtectedHeader(token);
    if (secretBytes !== undefined && hashes.includes(alg)) {
      return (await jose.jwtVerify(token, secretBytes, { ...claims, algorithms: hashes })).payload;
    }
    if (keys === undefined || !publicKeyAlgorithms.includes(alg)) throw new jose.errors.JOSEAlgNotAllowed('refused');
    return (await jose.jwtVerify(token, keys, { ...claims, algorithms: publicKeyAlgorithms })).payload;
  };
}

/** RFC 7518, section 3.2: "A key of the same size as the hash output (…) or larger MUST be used". */
function hashesFor(secret: Uint8Array): string[] {
  return [32, 48, 64].filter((bytes) => secret.length >= bytes).map((bytes) => `HS${bytes * 8}`);
}

const publicKeyAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Milliseconds; the request that waits for it has been answered already, its span waits. */
const fetchTimeoutMs = 3000;
/** Keys that could not be fetched are not asked for again before. */
const retryMs = 10_000;
/** A set of a hundred keys has some 50 KiB. */
const maxKeysBytes = 1024 * 1024;

/** Cached for ten minutes; an unknown key id makes it fetch again, at most every 30 s. */
function keySet(jose: Jose, url: string | undefined): JWTVerifyGetKey | undefined {
  if (url === undefined) return undefined;
  let failure: { readonly error: unknown; readonly untilMs: number } | undefined;
  return jose.createRemoteJWKSet(new URL(url), {
    timeoutDuration: fetchTimeoutMs,
    [jose.customFetch]: async (address, options) => {
      if (failure !== undefined && Date.now() < failure.untilMs) throw failure.error;
      try {
        const response = await boundedResponse(await fetch(address, options));
        failure = undefined;
        return response;
      } catch (error) {
        failure = { error, untilMs: Date.now() + retryMs };
        throw error;
      }
    },
  });
}

/** @throws When the answer is not 200, or longer than `maxKeysBytes`. */
async function boundedResponse(response: Response): Promise<Response> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeysUnavailable(`expected status 200, got ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxKeysBytes) throw new KeysUnavailable(`expected at most ${maxKeysBytes} bytes, got more`);
  }
  return new Response(Buffer.concat(chunks), { status: 200 });
}

class KeysUnavailable extends Error {}

/** Errors of `jose` that are about the token; all others are about the keys, or about us. */
const tokenErrors = /^ERR_(?:JWT|JWS|JWE|JWK_|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING|JWKS_MULTIPLE)/;

/** Once: who sends bad tokens must not fill the log. What `fetch` has to say stands in the cause. */
function reportKeys(error: unknown): void {
  if (!(error instanceof Error) || ('code' in error && tokenErrors.test(String(error.code)))) return;
  const { cause } = error;
  const reason = cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
  diag.warn(`usage: tokens cannot be verified, and are not believed (REQLENS_JWKS_URL): ${reason}`);
}
