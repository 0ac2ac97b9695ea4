/** REQLENS_LOG_REDACT: which fields of a line are never written. Pure. */

/**
 * Where credentials are found in practice: the headers that carry them (RFC 9110, RFC 6265), OAuth's fields (RFC 6749, section 5.1)
 * and the usual names of passwords and API keys, each also as JavaScript spells it, because keys are compared in any case but not
 * across `_`. Left out: `pwd` (it is a directory as often), `key` and `session` (mostly harmless, and needed to find anything).
 */
export const redactedByDefault: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'passwd',
  'token',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'id_token',
  'idToken',
  'secret',
  'client_secret',
  'clientSecret',
  'api_key',
  'apiKey',
  'x-api-key',
];

/** What the items of the list came to. */
export interface Redaction {
  /** Each once, in the order given. */
  readonly paths: readonly string[];
  /** As written, in order. */
  readonly unusable: readonly string[];
}

/** `none` alone empties the list, `default` stands for the defaults, so that they need not be written again beside an own path. */
export function parseRedaction(text: string): Redaction {
  const items = [...new Set(text.split(',').map((item) => item.trim()))].filter((item) => item !== '');
  if (items.length === 1 && items[0]?.toLowerCase() === 'none') return { paths: [], unusable: [] };
  const unusable = items.filter((item) => !isPath(item));
  const paths = items.filter(isPath).flatMap((item) => (item.toLowerCase() === 'default' ? redactedByDefault : item));
  return { paths: paths.length > 0 ? [...new Set(paths)] : redactedByDefault, unusable };
}

/**
 * A key, or keys with dots between them, `*` for any one. Not `*` alone, which would leave nothing of a line; not pino's brackets and
 * quotes, which would be taken for a part of a key and redact nothing.
 */
function isPath(item: string): boolean {
  const isWord = item.toLowerCase() === 'none' || item === '*';
  return !isWord && item.split('.').every((key) => key === '*' || /^[^\s*[\]"'`\p{Cc}]+$/u.test(key));
}
