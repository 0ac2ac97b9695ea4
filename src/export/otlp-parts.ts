/** Takes encoded OTLP apart into single items and puts some of them together again, for requests that a receiver finds too large. Pure. */
import { jsonParts, jsonPointCount, joinedJson } from './otlp-parts-json.ts';
import { joinedProtobuf, protobufParts, protobufPointCount } from './otlp-parts-protobuf.ts';

/** One span, log record or metric, with what it belongs to: the same objects for items of the same resource or scope. */
export interface Part<Content> {
  readonly resource: Group<Content>;
  readonly scope: Group<Content>;
  readonly item: Content;
}

/** What a resource or a scope has beside its items. */
export interface Group<Content> {
  readonly fields: Content;
}

/** What is known of a single item, to name it. */
export interface ItemName {
  /** Of the instrumentation scope: a logger's name, for records. */
  readonly scope: string;
  /** Of a span or metric; empty for a log record. */
  readonly name: string;
}

/** @returns Two requests with half of the items each; undefined when there is one item, or what cannot be taken apart. */
export function halves(body: Uint8Array, contentType: string): readonly [Uint8Array, Uint8Array] | undefined {
  try {
    return contentType === 'application/json'
      ? cut(jsonParts(body), joinedJson)
      : cut(protobufParts(body).parts, joinedProtobuf);
  } catch {
    // Not OTLP as we write it: it stays in one piece.
    return undefined;
  }
}

function cut<Content>(
  parts: readonly Part<Content>[],
  join: (parts: readonly Part<Content>[]) => Uint8Array,
): readonly [Uint8Array, Uint8Array] | undefined {
  const middle = Math.ceil(parts.length / 2);
  return parts.length < 2 ? undefined : [join(parts.slice(0, middle)), join(parts.slice(middle))];
}

/** Data points in a request of metrics: a single metric may have any number. */
export function pointCount(body: Uint8Array, contentType: string): number {
  return contentType === 'application/json' ? jsonPointCount(body) : protobufPointCount(body);
}

/** The name of the first item of a request. */
export function firstName(body: Uint8Array, contentType: string): ItemName | undefined {
  try {
    return contentType === 'application/json' ? jsonName(body) : protobufParts(body).nameOf(0);
  } catch {
    // As above.
    return undefined;
  }
}

function jsonName(body: Uint8Array): ItemName | undefined {
  const [part] = jsonParts(body);
  if (part === undefined) return undefined;
  const { scope } = part.scope.fields;
  return { scope: textOf(scope, 'name'), name: textOf(part.item, 'name') };
}

function textOf(holder: unknown, key: string): string {
  if (typeof holder !== 'object' || holder === null) return '';
  const value: unknown = new Map<string, unknown>(Object.entries(holder)).get(key);
  return typeof value === 'string' ? value : '';
}
