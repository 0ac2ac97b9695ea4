/** REQLENS_* that say whom to believe, and whom to tell the request id. */
import type { Config } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { isFieldName } from './key-value-list.ts';
import { parseHostRule, parsePeerRule, parseTrustRule } from './networks.ts';

const fallback = 'loopback,private';
const list = 'a list of addresses, CIDR blocks, loopback and private';
const peers = `always, never, or ${list}`;
const trusted = `always, never, proxy, or ${list}`;

export function readRequestId(reader: EnvironmentReader): Config['requestId'] {
  const hosts = `${peers}, host names and *.suffix`;
  return {
    headerName: readHeaderName(reader),
    trustRequestId: reader.rule('REQLENS_TRUST_REQUEST_ID', parseTrustRule, { fallback, expected: trusted }),
    trustTraceparent: reader.rule('REQLENS_TRUST_TRACEPARENT', parseTrustRule, { fallback, expected: trusted }),
    sendTo: reader.rule('REQLENS_SEND_REQUEST_ID_TO', parseHostRule, { fallback, expected: hosts }),
  };
}

export function readClients(reader: EnvironmentReader): Config['clients'] {
  return {
    trustedProxies: reader.rule('REQLENS_TRUSTED_PROXIES', parsePeerRule, { fallback, expected: peers }),
    forwardedHeader: readForwardedHeader(reader),
  };
}

/** The two words, or any field: `x-real-ip`, `cf-connecting-ip`. What every object inherits would be there in each request. */
function readForwardedHeader(reader: EnvironmentReader): string {
  const variable = 'REQLENS_FORWARDED_HEADER';
  const name = (reader.text(variable) ?? 'auto').toLowerCase();
  if (isFieldName(name) && name.length <= 64 && !(name in Object.prototype)) return name;
  reader.complain(variable, 'auto, none, or the name of an HTTP header of at most 64 characters', 'auto is used');
  return 'auto';
}

/**
 * Fields that HTTP, CORS, proxies, trace contexts or we ourselves use: an id in one of them would break what it is for. The last
 * two every object inherits, so that a request seems to have them.
 */
const usedByOthers = new RegExp(
  `^(?:${[
    'accept(?:-.*)?',
    'access-control-.*',
    'age|allow|alt-svc|authorization|baggage|b3|cache-control|connection|cookie|date|dnt|early-data|etag|expect|expires',
    'content-.*',
    'forwarded|from|host|if-.*|keep-alive|last-modified|link|location|max-forwards|origin|pragma|priority',
    'proxy-.*|range|referer|refresh|retry-after',
    'sec-.*|server|server-timing|set-cookie|strict-transport-security',
    'te|timing-allow-origin|trace(?:parent|state|response)|trailer|transfer-encoding',
    'upgrade(?:-.*)?|user-agent|vary|via|warning|www-authenticate',
    'x-b3-.*|x-debug-resource-tracking|x-resource-tracking-id|x-forwarded-.*',
    '__proto__|constructor',
  ].join('|')})$`,
);

function readHeaderName(reader: EnvironmentReader): string {
  const variable = 'REQLENS_REQUEST_ID_HEADER';
  const name = (reader.text(variable) ?? 'x-request-id').toLowerCase();
  if (isFieldName(name) && name.length <= 64 && !usedByOthers.test(name)) return name;
  const expected = 'the name of an HTTP header of at most 64 characters that has no other use';
  reader.complain(variable, expected, 'x-request-id is used');
  return 'x-request-id';
}
