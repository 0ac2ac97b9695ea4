/** Measures the requests that ask for it, and gives what they used to privileged callers: to nobody else, and with no trace of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { diag, isSpanContextValid, TraceFlags } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';

import { debugAsk, debugHeader, RequestAccess } from '../identity/access.ts';
import type { AccessParts } from '../identity/access.ts';
import { callerAttributes } from '../identity/caller.ts';
import type { Caller, RequestScope } from '../identity/request-scope.ts';
import type {
  OwnEndpoint,
  RequestTracker,
  TrackedEnding,
  TrackedHead,
  TrackedRequest,
} from '../identity/tracked-request.ts';
import { Allowance } from './allowance.ts';
import type { GiveBack } from './allowance.ts';
import type { ResourceUsage, StartTracking, UsageTracking } from './resource-usage.ts';
import type { UsageStore } from './store.ts';
import { usageAttributes, usageJson, usageTiming } from './usage-attributes.ts';

export interface RequestTrackerParts {
  readonly access: AccessParts;
  readonly store: UsageStore;
  readonly startTracking: StartTracking;
  /** `REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE`. */
  readonly unprivilegedPerMinute: number;
  /** Its own requests are not measured: a token in the debug header is their key. */
  readonly endpoint: OwnEndpoint | undefined;
}

/** @returns Undefined when nobody is privileged: then nothing is ever measured. */
export function requestTracker(parts: RequestTrackerParts): RequestTracker | undefined {
  if (parts.access.settings.privilegedRoles.length === 0) return undefined;
  const own = { ...parts, allowance: allowanceOf(parts.unprivilegedPerMinute) };
  return {
    open: (request, response) => {
      const value = request.headers[debugHeader];
      return value === undefined ? undefined : opened(own, { request, response, value });
    },
  };
}

/** Where none is allowed there is nothing to say when it is refused. On stderr alone, where no caller sees it. */
function allowanceOf(perMinute: number): Allowance {
  const onFirstRefusal = (): void => {
    if (perMinute === 0) return;
    diag.warn(
      `usage: more callers who are not known to be privileged ask to be measured than REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE allows (${perMinute}): until fewer do, only requests with a token that was verified before are sure to be measured; strip the header X-Debug-Resource-Tracking at the proxy, or ask with a token`,
    );
  };
  return new Allowance({ perMinute, onFirstRefusal });
}

interface TrackerParts extends RequestTrackerParts {
  readonly allowance: Allowance;
}

interface Asking {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly value: string | string[];
}

function opened(parts: TrackerParts, { request, response, value }: Asking): TrackedRequest | undefined {
  const ask = debugAsk(value);
  if (ask === undefined || parts.endpoint?.takes(request) === true) return undefined;
  // Its token is verified whether or not it is measured, so that the next request with this token is known from its start.
  const access = new RequestAccess(parts.access, request, ask.token);
  const isPrivileged = access.privilegedCaller(undefined) !== undefined;
  const giveBack = isPrivileged ? nothingTaken : parts.allowance.take();
  if (giveBack === undefined) return undefined;
  const tracking = parts.startTracking(request, response, { isSuspicion: !isPrivileged });
  if (tracking !== undefined) return new Tracked({ store: parts.store, tracking, access, isPrivileged, giveBack });
  giveBack();
  return undefined;
}

const nothingTaken: GiveBack = () => undefined;

interface TrackedParts {
  readonly store: UsageStore;
  readonly tracking: UsageTracking;
  readonly access: RequestAccess;
  readonly isPrivileged: boolean;
  /** What was taken from the allowance for this request: called when its caller has turned out to be privileged. */
  readonly giveBack: GiveBack;
}

class Tracked implements TrackedRequest {
  readonly isPrivileged: boolean;
  readonly #store: UsageStore;
  readonly #giveBack: GiveBack;
  readonly #tracking: UsageTracking;
  readonly #access: RequestAccess;
  readonly #startedAtMs = Date.now();
  #scope: RequestScope | undefined;

  constructor({ store, tracking, access, isPrivileged, giveBack }: TrackedParts) {
    this.#store = store;
    this.#tracking = tracking;
    this.#access = access;
    this.isPrivileged = isPrivileged;
    this.#giveBack = giveBack;
  }

  run<Result>(work: () => Result): Result {
    return this.#tracking.run(work);
  }

  begin(scope: RequestScope): void {
    this.#scope = scope;
    scope.isSampled = this.isPrivileged;
    // Spans that begin from here on are sampled like the request's own.
    void this.#access.pending?.then(() => this.#sampleIfPrivileged());
  }

  head(): TrackedHead | undefined {
    const { requestId } = this.#scope ?? {};
    return this.#sampleIfPrivileged() && requestId !== undefined ? { requestId } : undefined;
  }

  serverTiming(): string | undefined {
    if (!this.#sampleIfPrivileged()) return undefined;
    return usageTiming(this.#tracking.soFar());
  }

  end(ending: TrackedEnding, isClosed: () => void): void {
    const { pending } = this.#access;
    if (pending === undefined) {
      this.#close(ending);
      isClosed();
      return;
    }
    // What is waited for is no longer the request's.
    this.#tracking.end(ending);
    void pending.then(() => this.#closeLate(ending)).then(isClosed);
  }

  #closeLate(ending: TrackedEnding): void {
    try {
      this.#close(ending);
    } catch (error) {
      diag.error('usage: what a request used could not be kept', error);
    }
  }

  #close(ending: TrackedEnding): void {
    const caller = this.#access.privilegedCaller(this.#scope);
    if (caller === undefined || this.#scope === undefined) this.#tracking.discard();
    else this.#give({ caller, scope: this.#scope, ending, usage: this.#tracking.end(ending) });
  }

  #give({ caller, scope, ending, usage }: Given): void {
    this.#giveBack();
    const { span, requestId } = scope;
    sample(scope);
    if (span?.isRecording() === true) span.setAttributes({ ...callerAttributes(caller), ...usageAttributes(usage) });
    const report = { usage, requestId, traceId: traceIdOf(span), startedAtMs: this.#startedAtMs, ending, caller };
    this.#store.put(requestId, usageJson(report));
  }

  #sampleIfPrivileged(): boolean {
    if (this.#access.privilegedCaller(this.#scope) === undefined) return false;
    if (this.#scope !== undefined) sample(this.#scope);
    return true;
  }
}

interface Given {
  readonly caller: Caller;
  readonly scope: RequestScope;
  readonly ending: TrackedEnding;
  readonly usage: ResourceUsage;
}

/** The span records in any case; whether it is sent is read from its context when it ends, and by spans below it when they begin. */
function sample(scope: RequestScope): void {
  scope.isSampled = true;
  const spanContext = scope.span?.spanContext();
  if (spanContext !== undefined) spanContext.traceFlags |= TraceFlags.SAMPLED;
}

function traceIdOf(span: Span | undefined): string | undefined {
  const spanContext = span?.spanContext();
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
}
