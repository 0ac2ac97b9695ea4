/** Work in the background, in a trace of its own that is linked to the request which caused it, with that request's id in every line. */
import { context, diag, isSpanContextValid, SpanKind, trace } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import { deleteRPCMetadata } from '@opentelemetry/core';

import { ReqlensError } from '../errors.ts';
import { callerAttributes } from '../identity/caller.ts';
import { withoutScope, withScope } from '../identity/request-scope.ts';
import type { RequestScope } from '../identity/request-scope.ts';
import { requestIdAttribute } from '../trace/identity-span-processor.ts';
import { acceptTraceId, newTraceId, requestIdFor } from '../trace/trace-id.ts';
import { end, endWithError, opened } from './open-tasks.ts';
import { knownCause } from './task-cause.ts';
import type { KnownCause, TaskOptions } from './task-cause.ts';

/**
 * Runs `work` as a task: in a root span of its own, linked to the request that caused it. Named loggers, pino and `currentRequest()`
 * have that request's id within it, however long it runs after the request has ended.
 *
 * Result and errors are `work`'s own; an error is recorded on the span as well. Of a promise, the end of the task is its end. Without
 * telemetry `work` just runs.
 *
 * @param name - What kind of work it is, for people: `publish`. Not unique; 1-256 characters.
 * @throws ReqlensError `TASK_WITHOUT_WORK`; else only what `work` throws.
 */
export function runTask<Result>(name: string, work: () => Result): Result;
/** @param options - Whose work it is; by default that of the running request. `taskCause()` makes one that can travel. */
export function runTask<Result>(name: string, options: TaskOptions | undefined, work: () => Result): Result;
export function runTask<Result>(
  name: string,
  ...rest: [work: () => Result] | [options: TaskOptions | undefined, work: () => Result]
): Result {
  const [options, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
  if (typeof work !== 'function') {
    const message = `cannot run the task ${JSON.stringify(shownName(name))}: its work must be a function, got ${typeof work}`;
    throw new ReqlensError('TASK_WITHOUT_WORK', message);
  }
  const task = started(name, options);
  return task === undefined ? work() : runWithin(task, work);
}

interface StartedTask {
  readonly span: Span;
  readonly context: Context;
}

/** A fault of ours, or options that throw when they are read, cost the trace and never the work. */
function started(name: string, options: unknown): StartedTask | undefined {
  try {
    const shown = shownName(name);
    return start(shown, knownCause(optionsOf(options, shown), `runTask ${shown}`));
  } catch (error) {
    diag.warn('runTask: a task could not be traced; its work runs all the same', error);
    return undefined;
  }
}

const maxNameLength = 256;

/** Callers in plain JavaScript may pass anything. */
function shownName(name: unknown): string {
  if (typeof name === 'string' && name !== '' && name.length <= maxNameLength) return name;
  diag.warn(
    `runTask: name cannot be used: expected a text of 1-${maxNameLength} characters; the task is called "task"`,
  );
  return 'task';
}

function optionsOf(options: unknown, name: string): TaskOptions {
  // A job that was queued before its producer put a cause into it.
  if (options === undefined || options === null) return {};
  if (typeof options === 'object') return options;
  diag.warn(`runTask ${name}: options are of type ${typeof options} and cannot be used: expected an object`);
  return {};
}

function start(name: string, { requestId, caller, links }: KnownCause): StartedTask {
  // What else the context holds (baggage, and what the application has put there) goes along; the request's route does not.
  const base = deleteRPCMetadata(withoutScope(trace.deleteSpan(context.active())));
  const span = trace
    .getTracer('reqlens/tasks')
    .startSpan(name, { kind: SpanKind.INTERNAL, attributes: { 'reqlens.task.name': name }, links, root: true }, base);
  const spanContext = span.spanContext();
  const ownTraceId = isSpanContextValid(spanContext) ? acceptTraceId(spanContext.traceId) : undefined;
  const scope: RequestScope = {
    requestId: requestId ?? requestIdFor(ownTraceId ?? newTraceId()),
    span,
    ...(caller === undefined ? {} : { caller }),
  };
  span.setAttributes({ [requestIdAttribute]: scope.requestId, ...callerAttributes(caller) });
  opened(span);
  return { span, context: trace.setSpan(withScope(base, scope), span) };
}

function runWithin<Result>({ span, context: within }: StartedTask, work: () => Result): Result {
  return context.with(within, () => {
    let result: Result;
    try {
      result = work();
    } catch (error) {
      endWithError(span, error);
      throw error;
    }
    if (isThenable(result)) return settled(result, span);
    end(span);
    return result;
  });
}

/** Asked once, because a query builder's `then` runs its query; and handed on, because listening to a rejection makes it handled. */
function settled<Result>(result: Result, span: Span): Result {
  const settling = Promise.resolve(result).then(
    (value) => {
      end(span);
      return value;
    },
    (error: unknown) => {
      endWithError(span, error);
      throw error;
    },
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a promise of the same value
  return settling as Result;
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof Reflect.get(value, 'then') === 'function';
  } catch {
    // Whatever it is, it cannot be awaited; the application gets it as it is.
    return false;
  }
}
