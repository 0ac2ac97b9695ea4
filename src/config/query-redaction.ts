/** REQLENS_REDACT_QUERY: which parameters of a URL's query are never recorded. Pure. */

/**
 * Names as `parameterKey` has them. First those of the semantic conventions (url.full, url.query), then what the clouds sign addresses
 * with, what OAuth, OpenID and SAML send in addresses, and the usual names of passwords, keys and sessions. Left out, because they
 * are harmless more often than not and needed to tell requests apart: `key`, `id`, `state`, `nonce`, `user`.
 */
export const redactedQueryNames: readonly string[] = [
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Goog-Signature',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Goog-Credential',
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'auth_token',
  'session_token',
  'oauth_token',
  'oauth_token_secret',
  'oauth_verifier',
  'oauth_signature',
  'verify_token',
  'reset_token',
  'csrf_token',
  'xsrf_token',
  'code',
  'code_verifier',
  'device_code',
  'assertion',
  'client_assertion',
  'SAMLResponse',
  'auth',
  'authorization',
  'bearer',
  'jwt',
  'ticket',
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'otp',
  'secret',
  'client_secret',
  'private_key',
  'api_key',
  'x-api-key',
  'access_key',
  'secret_key',
  'subscription-key',
  'hmac',
  'session',
  'session_id',
  'jsessionid',
  'phpsessid',
];

/** What the items of the list came to. */
export interface QueryRedaction {
  /** Each once. */
  readonly names: readonly string[];
  /** As written, in order. */
  readonly unusable: readonly string[];
}

/** `none` alone empties the list; names are added to those above, for which `default` stands as in REQLENS_LOG_REDACT. */
export function parseQueryRedaction(text: string): QueryRedaction {
  const items = [...new Set(text.split(',').map((item) => item.trim()))].filter((item) => item !== '');
  if (items.length === 1 && items[0]?.toLowerCase() === 'none') return { names: [], unusable: [] };
  const own = items.filter((item) => item.toLowerCase() !== 'default');
  const names = [...new Set([...redactedQueryNames, ...own.filter(isName)])];
  return { names, unusable: own.filter((item) => !isName(item)) };
}

function isName(item: string): boolean {
  return item.toLowerCase() !== 'none' && /^[\w.~-]{1,100}$/.test(item);
}
