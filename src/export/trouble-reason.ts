/** Why a request came to nothing, in words for the one who runs the application. Pure. */

/** Nobody listens there, or no way leads there. */
const connectCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
]);

const explanations: ReadonlyMap<string, string> = new Map([
  ['ECONNRESET', 'the connection was closed before an answer'],
  ['EPIPE', 'the connection was closed before an answer'],
  ['ENOTFOUND', 'its name is not known'],
  ['EAI_AGAIN', 'its name cannot be looked up now'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed; OTEL_EXPORTER_OTLP_CERTIFICATE can name it'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its authority is not known; OTEL_EXPORTER_OTLP_CERTIFICATE can name it'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its authority is not known; OTEL_EXPORTER_OTLP_CERTIFICATE can name it'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its authority is not known; OTEL_EXPORTER_OTLP_CERTIFICATE can name it'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS; the address says https'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS; the address says https'],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'it wants a client certificate; OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE can name it',
  ],
  ['EPROTO', 'it does not speak our TLS; the address says https'],
  ['ERR_HTTP2_ERROR', 'it does not speak HTTP/2, which gRPC needs'],
  ['ERR_HTTP2_SESSION_ERROR', 'it does not speak HTTP/2 as we do'],
]);

/** What stands in a reason until its first colon is the same for the same cause. */
export function headOf(reason: string): string {
  return reason.split(':', 1)[0] ?? reason;
}

/** Whether nobody was there to ask. */
export function isNobodyThere(reason: string): boolean {
  return connectCodes.has(reason.split(' ', 1)[0] ?? '');
}

/** What `error.type` has of it: few values, and the same for the same cause (https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/). */
export function errorTypeOf(reason: string): string {
  const head = headOf(reason);
  const status = /^HTTP status (\d+)/.exec(head) ?? /^gRPC status \d+ \((\w+)\)/.exec(head);
  if (status !== null) return status[1] ?? '';
  if (head.startsWith('no answer within ')) return 'timeout';
  return /^[A-Z][A-Z\d_]+(?= |$)/.exec(head)?.[0] ?? '_OTHER';
}

/** A refused connection to `localhost` is an AggregateError without a message: it lists one error for each address. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  // A stream tells that its session is gone; why, its cause knows.
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined) return error.message;
  if (code.startsWith('HPE_')) return `${code} (its answer is not HTTP)`;
  const explanation = explanations.get(code);
  return explanation === undefined ? code : `${code} (${explanation})`;
}
