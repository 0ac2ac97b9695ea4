/** What a task was started for: read from what a job brings along and from what is running, and made for the job in the first place. */
import { context, diag, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { Link, SpanContext } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

import { acceptCaller } from '../identity/caller.ts';
import type { CallerInput } from '../identity/caller.ts';
import { acceptRequestId } from '../identity/request-id.ts';
import type { RequestId } from '../identity/request-id.ts';
import { requestScope } from '../identity/request-scope.ts';
import type { Caller } from '../identity/request-scope.ts';
import { requestIdAttribute } from '../trace/identity-span-processor.ts';
import { acceptTraceId, requestIdFor, traceIdFor } from '../trace/trace-id.ts';

/** What a job or a message takes along: plain JSON, some 200 bytes. */
export interface TaskCause {
  readonly requestId?: string;
  /** Of the span that was running (https://www.w3.org/TR/trace-context/#traceparent-header). */
  readonly traceparent?: string;
  readonly caller?: Caller;
}

/** What `runTask` is told; a `TaskCause` is one. */
export interface TaskOptions {
  /** Of the request that caused the task. Default: that of the running request or task. */
  readonly requestId?: string | undefined;
  /** The span that caused the task. Default: the running one. */
  readonly traceparent?: string | undefined;
  /** Who the task works for. Default: the caller of the running request or task, if that is the cause. */
  readonly caller?: CallerInput | undefined;
}

/**
 * Why a task runs, as far as it is known.
 *
 * @internal
 */
export interface KnownCause {
  /** Undefined: nobody asked for it, its own trace gives it an id. */
  readonly requestId: RequestId | undefined;
  readonly caller: Caller | undefined;
  readonly links: Link[];
}

/**
 * The running request or task as a cause, to be put into a job: `queue.add('publish', { postId, cause: taskCause() })`, and on the other
 * side `runTask('publish', job.data.cause, work)`. Whoever can write into the queue says who the caller is.
 *
 * @returns Empty outside a request, a task and a span.
 */
export function taskCause(): TaskCause {
  const scope = requestScope();
  const active = activeSpanContext();
  return {
    ...(scope === undefined ? {} : { requestId: scope.requestId }),
    ...(active === undefined ? {} : { traceparent: traceparentOf(active) }),
    ...(scope?.caller === undefined ? {} : { caller: scope.caller }),
  };
}

/**
 * What is given goes before what is running. What is given and cannot be used is reported, and is as if it were not there; but then the
 * running request is not taken for the cause either, because it is known not to be the one that was meant.
 *
 * @internal
 */
export function knownCause(options: TaskOptions, where: string): KnownCause {
  const { requestId: givenId, traceparent } = options;
  const hasGivenCause = isGiven(givenId) || isGiven(traceparent);
  const accepted = acceptGivenId(givenId, where);
  const remote = acceptTraceparent(traceparent, where);
  const given = accepted ?? requestIdOfTrace(remote);
  const running = requestScope();
  const isRunningTheCause = !hasGivenCause || (given !== undefined && given === running?.requestId);
  const requestId = hasGivenCause ? given : running?.requestId;
  const caller = isGiven(options.caller)
    ? acceptCaller(options.caller, `${where}, caller`)
    : isRunningTheCause
      ? running?.caller
      : undefined;
  return { requestId, caller, links: linksTo(requestId, remote, isRunningTheCause) };
}

/** JSON has no undefined: a field that is absent on one side may arrive as null. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function acceptGivenId(given: unknown, where: string): RequestId | undefined {
  if (!isGiven(given)) return undefined;
  const accepted = typeof given === 'string' ? acceptRequestId(given) : undefined;
  if (accepted === undefined) {
    diag.warn(
      `${where}: requestId is ${kindOf(given)} and cannot be used: expected 1-128 characters of A-Za-z0-9_.@:+/=-; the task gets another id`,
    );
  }
  return accepted;
}

function acceptTraceparent(given: unknown, where: string): SpanContext | undefined {
  if (!isGiven(given)) return undefined;
  const parsed = typeof given === 'string' ? parseTraceParent(given) : null;
  if (parsed !== null) return { ...parsed, isRemote: true };
  diag.warn(
    `${where}: traceparent is ${kindOf(given)} and cannot be used: expected 00-<32 hex digits>-<16 hex digits>-<2 hex digits>`,
  );
  return undefined;
}

/** What came, in words that show nothing of it. */
function kindOf(given: unknown): string {
  return typeof given === 'string' ? `another text of ${given.length} characters` : `of type ${typeof given}`;
}

/** A trace names its request, as with an incoming request that has a traceparent and no id. */
function requestIdOfTrace(remote: SpanContext | undefined): RequestId | undefined {
  const traceId = remote === undefined ? undefined : acceptTraceId(remote.traceId);
  return traceId === undefined ? undefined : requestIdFor(traceId);
}

/**
 * To the span that was given, else to the request's trace; and to the running span, which may be a consumer's that hands the job over.
 * "SDKs SHOULD record links with empty SpanContext (…) as long as either the attribute set or TraceState is non-empty"
 * (https://opentelemetry.io/docs/specs/otel/trace/api/#link).
 */
function linksTo(
  requestId: RequestId | undefined,
  remote: SpanContext | undefined,
  isRunningTheCause: boolean,
): Link[] {
  const active = activeSpanContext();
  const attributes = requestId === undefined ? {} : { [requestIdAttribute]: requestId };
  const cause = remote ?? (isRunningTheCause ? active : requestTrace(requestId));
  const isActiveAnother = active !== undefined && active.spanId !== cause?.spanId;
  return [
    ...(cause === undefined ? [] : [{ context: cause, attributes }]),
    ...(isActiveAnother ? [{ context: active, attributes: {} }] : []),
  ];
}

/** Only the request's id is known: its trace follows from that, its span does not. */
function requestTrace(requestId: RequestId | undefined): SpanContext | undefined {
  if (requestId === undefined) return undefined;
  return { traceId: traceIdFor(requestId), spanId: '0'.repeat(16), traceFlags: TraceFlags.NONE, isRemote: true };
}

function activeSpanContext(): SpanContext | undefined {
  const active = trace.getSpanContext(context.active());
  return active !== undefined && isSpanContextValid(active) ? active : undefined;
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}
