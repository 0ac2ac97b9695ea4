/** The request that the running code works for, for applications that want its id: in an error page, a job, a ticket. */
import { context, isSpanContextValid, trace } from '@opentelemetry/api';

import { requestScope } from './identity/request-scope.ts';
import type { Caller } from './identity/request-scope.ts';

export interface CurrentRequest {
  /** As the response's `X-Request-ID` has it. */
  readonly requestId: string;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** As `setCaller` was told; absent while nobody is known. */
  readonly caller?: Caller;
}

/** @returns Undefined outside a request. */
export function currentRequest(): CurrentRequest | undefined {
  const active = context.active();
  const scope = requestScope(active);
  const spanContext = trace.getSpanContext(active);
  if (scope === undefined || spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  const { requestId, caller } = scope;
  return { requestId, traceId: spanContext.traceId, ...(caller === undefined ? {} : { caller }) };
}
