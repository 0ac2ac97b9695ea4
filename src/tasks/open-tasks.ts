/** Tasks under way, by their spans; each ends exactly once: by itself, with an error, or with the process. */
import { diag, SpanStatusCode } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';

import { oneForAllCopies } from '../one-for-all-copies.ts';

const open = oneForAllCopies('open tasks', () => new Set<Span>());

export function opened(span: Span): void {
  open.add(span);
}

/** Its work is done. */
export function end(span: Span): void {
  if (open.delete(span)) span.end();
}

/** Its work has thrown or rejected, with whatever. */
export function endWithError(span: Span, error: unknown): void {
  if (!open.delete(span)) return;
  try {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    span.setAttribute('error.type', name);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    span.recordException(error instanceof Error ? error : message);
  } catch (fault) {
    // An object that no text can be made of, or an error whose getters throw.
    span.setStatus({ code: SpanStatusCode.ERROR });
    diag.warn('runTask: the error of a task could not be recorded; it is thrown on as it is', fault);
  }
  span.end();
}

/** The process goes away first. Without this the spans within a task would have a parent that never arrives. */
export function endOpenTasks(): void {
  for (const span of open) {
    span.setAttribute('error.type', 'process_exit');
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'the process exited before the task was finished' });
    span.end();
  }
  open.clear();
}
