/** Puts the request id and the caller on every span of a request, whoever made the span. */
import type { Context } from '@opentelemetry/api';
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';

import { callerAttributes } from '../identity/caller.ts';
import { requestScope } from '../identity/request-scope.ts';

/** On every span and log record of a request. There is no convention for it; `http.request.header.x-request-id` is what came in. */
export const requestIdAttribute = 'reqlens.request.id';

export class IdentitySpanProcessor implements SpanProcessor {
  readonly #onSpan: () => void;

  /** @param onSpan - Called when a span starts. */
  constructor(onSpan: () => void) {
    this.#onSpan = onSpan;
  }

  onStart(span: Span, parentContext: Context): void {
    this.#onSpan();
    const scope = requestScope(parentContext);
    if (scope === undefined) return;
    span.setAttribute(requestIdAttribute, scope.requestId);
    if (scope.caller !== undefined) span.setAttributes(callerAttributes(scope.caller));
  }

  onEnd(): void {
    // Everything was done at the start.
  }

  async forceFlush(): Promise<void> {
    // Holds nothing.
  }

  async shutdown(): Promise<void> {
    // Holds nothing.
  }
}
