/** REQLENS_* that say who may see what a request used, and where that is kept. A mistake never lets anybody in. */
import type { TokenSettings, UsageSettings } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { shownText } from './shown-value.ts';

/** RFC 7518, section 3.2: a key as long as the hash of HS256. */
const minSecretBytes = 32;

export function readUsage(reader: EnvironmentReader): UsageSettings {
  return {
    privilegedRoles: readRoles(reader),
    tokens: readTokens(reader),
    store: {
      redisUrl: readRedisUrl(reader),
      ttlMs: reader.integer('REQLENS_USAGE_TTL', {
        fallback: 3_600_000,
        min: 1000,
        max: 604_800_000,
        unit: 'milliseconds',
      }),
      maxEntries: reader.integer('REQLENS_USAGE_MAX_ENTRIES', { fallback: 1000, min: 1, max: 1_000_000 }),
    },
    path: readPath(reader),
    unprivilegedPerMinute: reader.integer('REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE', {
      fallback: 120,
      min: 0,
      max: 1_000_000,
    }),
  };
}

/** What verifies and what signs tokens. */
export function readTokens(reader: EnvironmentReader): TokenSettings {
  return {
    secret: readSecret(reader),
    jwksUrl: readJwksUrl(reader),
    issuer: reader.text('REQLENS_JWT_ISSUER'),
    audience: readTexts(reader, 'REQLENS_JWT_AUDIENCE', { fallback: 'reqlens', what: 'audiences' }),
    rolesClaim: readRolesClaim(reader),
  };
}

export function readRoles(reader: EnvironmentReader): readonly string[] {
  const variable = 'REQLENS_PRIVILEGED_ROLES';
  if (reader.text(variable)?.toLowerCase() === 'none') return [];
  return readTexts(reader, variable, { fallback: 'admin,developer', what: 'roles' });
}

interface TextsRule {
  readonly fallback: string;
  /** For the complaint. */
  readonly what: string;
}

/** Each once, in the order given. What cannot be used is left out; when nothing is left the list is empty, so that nobody gets in. */
function readTexts(reader: EnvironmentReader, variable: string, { fallback, what }: TextsRule): readonly string[] {
  const items = (reader.text(variable) ?? fallback).split(',').map((item) => item.trim());
  const given = [...new Set(items.filter((item) => item !== ''))];
  const usable = given.filter((item) => item.length <= 256 && !/\p{Cc}/u.test(item) && item.toLowerCase() !== 'none');
  if (usable.length > 0 && usable.length === given.length) return usable;
  const expected = `a list of ${what}, each of at most 256 characters and none of them a control character`;
  const used = usable.length === 0 ? 'nobody is privileged by it' : `${shownText(usable.join(','))} is used`;
  reader.complain(variable, expected, used);
  return usable;
}

function readSecret(reader: EnvironmentReader): string | undefined {
  const variable = 'REQLENS_JWT_SECRET';
  const secret = reader.text(variable);
  if (secret === undefined || Buffer.byteLength(secret) >= minSecretBytes) return secret;
  reader.complain(variable, `a text of ${minSecretBytes} bytes or more`, 'no token is believed by it');
  return undefined;
}

/** Whoever can change the answer of a JWKS address makes himself an administrator, so it must come over TLS. */
function readJwksUrl(reader: EnvironmentReader): string | undefined {
  const variable = 'REQLENS_JWKS_URL';
  const text = reader.text(variable);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isHere = url !== null && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  const isUsable = url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere);
  if (isUsable && url.username === '' && url.password === '') return url.href;
  const expected = 'a URL that begins with https:// (http:// on this machine only) and has no user and password in it';
  reader.complain(variable, expected, 'no token is believed by it');
  return undefined;
}

function readRolesClaim(reader: EnvironmentReader): readonly string[] {
  const variable = 'REQLENS_JWT_ROLES_CLAIM';
  const text = reader.text(variable) ?? 'roles';
  // Auth0 wants claims of one's own named by URLs, whose dots are no steps.
  const steps = text.includes('://') ? [text] : text.split('.');
  if (text.length <= 256 && steps.length <= 8 && steps.every((step) => step !== '' && !/\p{Cc}/u.test(step)))
    return steps;
  const expected = 'up to 8 names with dots between them, or a URL, of at most 256 characters';
  reader.complain(variable, expected, 'roles is used');
  return ['roles'];
}

function readRedisUrl(reader: EnvironmentReader): string | undefined {
  const variable = 'REQLENS_USAGE_STORE';
  const text = reader.text(variable);
  if (text === undefined || text.toLowerCase() === 'memory') return undefined;
  const url = URL.parse(text);
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  // Part of the address of one database.
  if (isRedis && url.hostname !== '' && /^(?:\/\d{0,5})?$/.test(url.pathname)) return text;
  const expected = 'memory, or a URL such as redis://host:6379 or rediss://user:password@host:6379/1';
  reader.complain(variable, expected, 'memory is used');
  return undefined;
}

/** A path as a browser would send it, so that it compares with the request target letter by letter. */
function readPath(reader: EnvironmentReader): string | undefined {
  const variable = 'REQLENS_USAGE_PATH';
  const text = reader.text(variable);
  if (text === undefined) return undefined;
  const path = text.endsWith('/') ? text.slice(0, -1) : text;
  const isPath = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/.test(path) && path.length <= 256;
  if (isPath) return path;
  const expected = 'a path such as /internal/usage: letters, digits, -, ., _ and ~ between slashes';
  reader.complain(variable, expected, 'no usage can be read over HTTP');
  return undefined;
}
