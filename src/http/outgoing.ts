/** Outgoing requests: the stock instrumentations of `http`, `https` and `fetch`, and our request id beside `traceparent`. */
import { ClientRequest } from 'node:http';
import { syncBuiltinESMExports, createRequire } from 'node:module';

import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';

import type { Config } from '../config/config.ts';
import { outgoingHosts } from '../identity/outgoing-hosts.ts';
import { requestScope } from '../identity/request-scope.ts';
import { accountMember, withMember } from './account-baggage.ts';
import { headerSpelling } from './header-spelling.ts';

export interface OutgoingParts {
  readonly config: Pick<Config, 'requestId' | 'http' | 'sendsAccount'>;
  /** Set when the stock instrumentation answers for incoming requests too. */
  readonly incoming?: StockIncoming;
}

type StockIncoming = Pick<
  NonNullable<ConstructorParameters<typeof HttpInstrumentation>[0]>,
  'startIncomingSpanHook' | 'requestHook' | 'responseHook'
>;

/** @returns The instrumentations, enabled; they take their providers from the API's globals. */
export function instrumentOutgoing({
  config,
  incoming,
}: OutgoingParts): readonly (HttpInstrumentation | UndiciInstrumentation)[] {
  const { headerName, sendTo } = config.requestId;
  const isAllowed = outgoingHosts(sendTo);
  const http = new HttpInstrumentation({
    ...incoming,
    disableIncomingRequestInstrumentation: incoming === undefined,
    requestHook: (span, message) => {
      incoming?.requestHook?.(span, message);
      if (!(message instanceof ClientRequest) || message.headersSent || message.hasHeader(headerName)) return;
      const scope = requestScope();
      if (scope === undefined || !isAllowed(message.host)) return;
      message.setHeader(headerSpelling(headerName), scope.requestId);
      const member = config.sendsAccount ? accountMember(scope) : undefined;
      if (member !== undefined) message.setHeader('baggage', withMember(message.getHeader('baggage'), member));
    },
  });
  const undici = new UndiciInstrumentation({
    requestHook: (_span, request) => {
      const scope = requestScope();
      if (scope === undefined || hasHeader(request.headers, headerName) || !isAllowed(hostOf(request.origin))) return;
      request.addHeader(headerSpelling(headerName), scope.requestId);
      const member = config.sendsAccount ? accountMember(scope) : undefined;
      // A second field of the name: a list may be divided among several (https://www.w3.org/TR/baggage/#baggage-http-header-format).
      if (member !== undefined) request.addHeader('baggage', member);
    },
  });
  patchBuiltins();
  return [http, undici];
}

/**
 * The stock hook runs when somebody requires the module; `import { request } from 'node:http'` never does, so it is required
 * here, and the names that ES modules import are brought up to date.
 */
function patchBuiltins(): void {
  const require = createRequire(import.meta.url);
  for (const name of ['http', 'https']) require(name);
  syncBuiltinESMExports();
}

function hostOf(origin: string): string {
  return URL.parse(origin)?.hostname ?? '';
}

/** undici keeps headers as text lines (before version 6) or as names and values in turn. */
function hasHeader(headers: string | readonly (string | string[])[], name: string): boolean {
  if (typeof headers === 'string')
    return headers.toLowerCase().includes(`\r\n${name}:`) || headers.toLowerCase().startsWith(`${name}:`);
  return headers.some((item, index) => index % 2 === 0 && typeof item === 'string' && item.toLowerCase() === name);
}
