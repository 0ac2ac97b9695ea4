/** Takes encoded requests apart that are too large. Pure. */
import { halves } from './otlp-parts.ts';
import type { Payload } from './sent.ts';

/** @returns Two with half of the items each; undefined when there is only one item. */
export function payloadHalves(
  { body, itemCount }: Payload,
  contentType: string,
): readonly [Payload, Payload] | undefined {
  const pieces = itemCount > 1 ? halves(body, contentType) : undefined;
  if (pieces === undefined) return undefined;
  const [first, second] = pieces;
  const firstCount = Math.ceil(itemCount / 2);
  return [
    { body: first, itemCount: firstCount },
    { body: second, itemCount: itemCount - firstCount },
  ];
}

/** @returns As many as it takes; one that has a single item is never taken apart, however large. */
export function payloadsWithin(payload: Payload, contentType: string, maxBytes: number): readonly Payload[] {
  const pieces = payload.body.byteLength > maxBytes ? payloadHalves(payload, contentType) : undefined;
  if (pieces === undefined) return [payload];
  return pieces.flatMap((each) => payloadsWithin(each, contentType, maxBytes));
}
