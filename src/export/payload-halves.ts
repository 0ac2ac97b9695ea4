/** Takes encoded requests apart that are too large. Pure. */
import { halves, pointCount } from './otlp-parts.ts';
import type { Payload, Signal } from './sent.ts';

/** What the bytes of a payload are. */
export interface Form {
  readonly contentType: string;
  readonly signal: Signal;
}

/** @returns Two with half of the spans, log records or metrics each; undefined when there is only one. */
export function payloadHalves({ body, itemCount }: Payload, form: Form): readonly [Payload, Payload] | undefined {
  const pieces = itemCount > 1 ? halves(body, form.contentType) : undefined;
  if (pieces === undefined) return undefined;
  const [first, second] = pieces;
  // Half of the metrics have any share of the data points.
  const isCounted = form.signal === 'metrics';
  const middle = Math.ceil(itemCount / 2);
  return [
    { body: first, itemCount: isCounted ? pointCount(first, form.contentType) : middle },
    { body: second, itemCount: isCounted ? pointCount(second, form.contentType) : itemCount - middle },
  ];
}

/** @returns As many as it takes; one that has a single item is never taken apart, however large. */
export function payloadsWithin(payload: Payload, form: Form, maxBytes: number): readonly Payload[] {
  const pieces = payload.body.byteLength > maxBytes ? payloadHalves(payload, form) : undefined;
  if (pieces === undefined) return [payload];
  return pieces.flatMap((each) => payloadsWithin(each, form, maxBytes));
}
