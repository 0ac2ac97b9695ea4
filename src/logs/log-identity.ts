/** The ids that every log line carries, in the names that log searches use. */
import { context, isSpanContextValid, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';

import { requestScope } from '../identity/request-scope.ts';
import type { Caller } from '../identity/request-scope.ts';

/** Fields of one line; empty outside a request and a span. Names by https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/. */
export interface LogIdentity {
  readonly request_id?: string;
  /** 32 lower-case hex digits. */
  readonly trace_id?: string;
  /** 16 lower-case hex digits. */
  readonly span_id?: string;
  /** Two hex digits; `01` is sampled. */
  readonly trace_flags?: string;
  /** The tenant, when the caller is known. */
  readonly account_id?: string;
  readonly user_id?: string;
}

/** Read anew for every line: two lines of one request may belong to different spans. */
export function logIdentity(active: Context = context.active()): LogIdentity {
  const spanContext = trace.getSpanContext(active);
  const scope = requestScope(active);
  return {
    ...(scope === undefined ? {} : { request_id: scope.requestId }),
    ...(spanContext === undefined || !isSpanContextValid(spanContext)
      ? {}
      : {
          trace_id: spanContext.traceId,
          span_id: spanContext.spanId,
          trace_flags: spanContext.traceFlags.toString(16).padStart(2, '0'),
        }),
    ...callerFields(scope?.caller),
  };
}

function callerFields(caller: Caller | undefined): LogIdentity {
  if (caller === undefined) return {};
  const { account, id } = caller;
  return { ...(account === undefined ? {} : { account_id: account }), ...(id === undefined ? {} : { user_id: id }) };
}

/** The lines of one request come one after the other as a rule: its ids are written once. Nothing but the last context is kept. */
let last: { readonly active: Context; readonly caller: Caller | undefined; readonly json: string } | undefined;

/** @returns The fields as they stand in a JSON line, with a comma before each; an empty text when there are none. */
export function logIdentityJson(): string {
  const active = context.active();
  const caller = requestScope(active)?.caller;
  if (last?.active === active && last.caller === caller) return last.json;
  const fields = JSON.stringify(logIdentity(active)).slice(1, -1);
  const json = fields === '' ? '' : `,${fields}`;
  last = { active, caller, json };
  return json;
}
