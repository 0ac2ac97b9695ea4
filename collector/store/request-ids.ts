/** Request ids as people and senders spell them. Pure. */
import { createHash } from 'node:crypto';

import { storable } from './row.ts';
import type { Attributes, AttributeValue } from './telemetry-store.ts';

/** Attributes whose value, or each of whose values, is a request id that the trace can be found by. */
const keyAttributes = [
  'reqlens.request.id',
  'http.request.header.x-request-id',
  'http.response.header.x-request-id',
] as const;

/** Longer ones are no ids; they are still found as text. */
const maxLength = 256;
const uuidShape = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** One spelling for all: lower case, and a UUID without its dashes, which makes it look like the trace id it stands for. */
export function requestKey(requestId: string): string {
  const lower = requestId.trim().toLowerCase();
  return uuidShape.test(lower) ? lower.replaceAll('-', '') : lower;
}

/** The trace id that reqlens derives from a request id: its digits where they are a UUID's, else the first 128 bits of its SHA-256. */
export function ownTraceIds(requestId: string): readonly [digits: string, hashed: string] {
  return [requestKey(requestId), createHash('sha256').update(requestId.trim()).digest('hex').slice(0, 32)];
}

/** Whether the trace is another one than the request's own: that of a task that was done for it. */
export function isBackground({
  traceId,
  requestId,
}: {
  readonly traceId: string;
  readonly requestId?: string;
}): boolean {
  return requestId !== undefined && requestKey(requestId) !== traceId && ownTraceIds(requestId)[1] !== traceId;
}

/** @returns the id as the sender spelt it; undefined when the sender is not reqlens. */
export function requestIdOf(attributes: Attributes): string | undefined {
  const value = attributes['reqlens.request.id'];
  return typeof value === 'string' && value !== '' && value.length <= maxLength ? storable(value) : undefined;
}

/** @returns the keys that lead to the attributes' trace; a key equal to the trace id is left out, it leads there anyway. */
export function requestKeysOf(attributes: Attributes, traceId: string): readonly string[] {
  let keys: string[] | undefined;
  for (const name of keyAttributes) {
    const value = attributes[name];
    if (value !== undefined) (keys ??= []).push(...keysIn(value));
  }
  return keys?.filter((key) => key !== '' && key !== traceId) ?? noKeys;
}

const keysIn = (value: AttributeValue): string[] =>
  (Array.isArray(value) ? value : [value]).map((id: AttributeValue) =>
    typeof id === 'string' && id.length <= maxLength ? requestKey(id) : '',
  );

const noKeys: readonly string[] = [];
