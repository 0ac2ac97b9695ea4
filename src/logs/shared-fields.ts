/** What many log lines have in common, the bindings of their logger and the ids of their request: read once, not for every line. */
import { isSpanContextValid } from '@opentelemetry/api';
import type { Attributes, SpanContext } from '@opentelemetry/api';

import { attributesOf, fieldsOf, textOf } from './line-attributes.ts';
import type { Fields } from './line-attributes.ts';
import type { LogLine } from './line-writer.ts';

export interface SharedFields {
  readonly attributes: Attributes;
  readonly attributesCount: number;
  readonly spanContext: SpanContext | undefined;
}

/** Requests whose ids are kept; those that run at the same time are some hundred as a rule. */
const maxKept = 1000;
const kept = new Map<string, Map<string, SharedFields | undefined>>();
let keptCount = 0;

/** @returns The same object for the same bindings and ids. Undefined when the line must be read as a whole. */
export function sharedFields({ bindings, identity }: LogLine): SharedFields | undefined {
  const known = kept.get(bindings);
  if (known?.has(identity)) return known.get(identity);
  if (keptCount >= maxKept) {
    kept.clear();
    keptCount = 0;
  }
  const shared = read(`{${(bindings + identity).slice(1)}}`);
  const byIdentity = kept.get(bindings) ?? new Map<string, SharedFields | undefined>();
  kept.set(bindings, byIdentity.set(identity, shared));
  keptCount += 1;
  return shared;
}

function read(json: string): SharedFields | undefined {
  const fields = fieldsOf(json);
  // Bindings of a child: a line may have its own message or error, and no attribute has an empty name.
  if ('msg' in fields || 'err' in fields || '' in fields) return undefined;
  const attributes: Attributes = {};
  attributesOf(fields, (key, value) => (attributes[key] = value));
  return { attributes, attributesCount: Object.keys(attributes).length, spanContext: spanContextOf(fields) };
}

/** The ids that our writer has put into the line; nothing of the application's can have their names. */
export function spanContextOf({ trace_id, span_id, trace_flags }: Fields): SpanContext | undefined {
  const [traceId, spanId, flags] = [textOf(trace_id), textOf(span_id), textOf(trace_flags)];
  if (traceId === undefined || spanId === undefined) return undefined;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}
