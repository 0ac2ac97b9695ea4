/** Counts the request ids that were refused; the ids themselves are kept nowhere. */
import type { Counter, Meter } from '@opentelemetry/api';

/** `reqlens.request_id.rejected`. */
export function rejectedCounter(meter: Meter): Counter {
  return meter.createCounter('reqlens.request_id.rejected', {
    description:
      'Request ids in request headers that were dropped: too long, or with characters other than [A-Za-z0-9_.@:+/=-].',
    unit: '{id}',
  });
}
