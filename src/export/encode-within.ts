/** Encodes items as requests that are not larger than allowed. */
import { diag } from '@opentelemetry/api';

import type { Encoded } from './request-encoder.ts';
import type { Payload } from './sent.ts';

/** Items as requests. */
export interface EncodedRequests {
  readonly payloads: readonly Payload[];
  /** Items that no OTLP can be made of; they are gone. */
  readonly unencodableCount: number;
}

export interface EncodeRule<Item> {
  /** Says itself why items cannot be encoded. */
  readonly encode: (items: readonly Item[]) => Encoded;
  readonly maxBytes: number;
}

/** A single item is never taken apart, however large. */
export function encodeWithin<Item>(items: readonly Item[], rule: EncodeRule<Item>): EncodedRequests {
  const { body, unencodableCount } = encoded(items, rule);
  if (body === undefined) return { payloads: [], unencodableCount };
  if (body.byteLength <= rule.maxBytes || items.length < 2) {
    return { payloads: [{ body, itemCount: items.length - unencodableCount }], unencodableCount };
  }
  const middle = Math.ceil(items.length / 2);
  const first = encodeWithin(items.slice(0, middle), rule);
  const second = encodeWithin(items.slice(middle), rule);
  return {
    payloads: [...first.payloads, ...second.payloads],
    unencodableCount: first.unencodableCount + second.unencodableCount,
  };
}

/** What cannot be encoded must not take the queue down with it. */
function encoded<Item>(items: readonly Item[], { encode }: EncodeRule<Item>): Encoded {
  try {
    return encode(items);
  } catch (error) {
    diag.error('export: a batch could not be encoded', error);
    return { body: undefined, unencodableCount: items.length };
  }
}
