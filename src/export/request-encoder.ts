/** Writes what OTLP's requests for spans and for log records have in common: resources, scopes, and the fields of both kinds of item. */
import { diag } from '@opentelemetry/api';
import type { HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';

import { writeAttributes } from './attribute-encoder.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

type ScopeWithAttributes = InstrumentationScope & {
  readonly attributes?: object;
  readonly droppedAttributesCount?: number;
};

/** A span or a log record. */
interface Item {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

/** Bytes that the length of all items of a scope mostly takes: they have some ten thousand. */
const scopeRoom = 3;

const resources = new WeakMap<Resource, Uint8Array>();
const scopes = new WeakMap<InstrumentationScope, Uint8Array>();

/** A batch as OTLP. */
export interface Encoded {
  /** In memory of its own; undefined when none of the items can be encoded. */
  readonly body: Uint8Array | undefined;
  /** Items that are not in it, because no OTLP can be made of them. */
  readonly unencodableCount: number;
}

export interface ItemWriter<Kind> {
  readonly writer: ProtobufWriter;
  /** Writes one item with its tag, field 2. What it throws costs this item alone. */
  readonly writeItem: (item: Kind) => void;
  /** What an item is called, e.g. `span`. */
  readonly itemName: string;
}

/** An ExportTraceServiceRequest or an ExportLogsServiceRequest, which are built alike. */
export function encodeRequest<Kind extends Item>(
  items: readonly Kind[],
  { writer, writeItem, itemName }: ItemWriter<Kind>,
): Encoded {
  let unencodableCount = 0;
  const writeGuarded = (item: Kind): void => {
    const before = writer.position;
    try {
      writeItem(item);
    } catch (error) {
      writer.goBack(before);
      unencodableCount += 1;
      diag.error(`export: a ${itemName} cannot be encoded and is dropped, the rest of its batch is sent`, error);
    }
  };
  writer.start();
  for (const [resource, byScope] of grouped(items)) {
    writer.byte(0x0a);
    const start = writer.open(scopeRoom);
    writer.raw(resourceBytes(resource));
    for (const [scope, ofScope] of byScope) writeScope(writer, scope, () => ofScope.forEach(writeGuarded));
    writeText(writer, 0x1a, resource.schemaUrl);
    writer.close(start, scopeRoom);
  }
  const body = writer.finish();
  return { body: unencodableCount > 0 && unencodableCount === items.length ? undefined : body, unencodableCount };
}

/** By identity, each in the order of its first item. */
function grouped<Kind extends Item>(items: readonly Kind[]): Map<Resource, Map<InstrumentationScope, Kind[]>> {
  const groups = new Map<Resource, Map<InstrumentationScope, Kind[]>>();
  for (const item of items) {
    const { resource, instrumentationScope: scope } = item;
    const byScope = groups.get(resource) ?? new Map<InstrumentationScope, Kind[]>();
    if (byScope.size === 0) groups.set(resource, byScope);
    const ofScope = byScope.get(scope);
    if (ofScope === undefined) byScope.set(scope, [item]);
    else ofScope.push(item);
  }
  return groups;
}

function writeScope(writer: ProtobufWriter, scope: InstrumentationScope, writeItems: () => void): void {
  writer.byte(0x12);
  const start = writer.open(scopeRoom);
  writer.raw(scopeBytes(scope));
  writeItems();
  writeText(writer, 0x1a, scope.schemaUrl);
  writer.close(start, scopeRoom);
}

/** Nothing for an empty text. */
export function writeText(writer: ProtobufWriter, tag: number, text: string | undefined): void {
  if (!text) return;
  writer.byte(tag);
  writer.string(textOf(text));
}

/** Callers in plain JavaScript may have passed anything as a text; of an object there is none to be had. */
export function textOf(text: unknown): string {
  if (typeof text === 'string') return text;
  return typeof text === 'number' || typeof text === 'boolean' || typeof text === 'bigint' ? String(text) : '';
}

/** One that is no whole number of a uint32 says nothing, and is 0. */
export function writeCount(writer: ProtobufWriter, tag: number, count: number): void {
  writer.byte(tag);
  writer.varint(count >>> 0 === count ? count : 0);
}

/** The last nanosecond that an int64 has, in the year 2262: receivers keep times in one. */
const lastSecond = 9_223_372_036;
const lastTime: HrTime = [lastSecond, 854_775_807];

/** An impossible time, such as that of an invalid Date, is 0, which means unknown; one before 1970 too. */
export function writeTime(writer: ProtobufWriter, tag: number, time: HrTime): void {
  const [seconds, nanoseconds] = time;
  if (seconds >= 0 && nanoseconds >= 0 && nanoseconds < 2 ** 32 && seconds < lastSecond)
    writeValidTime(writer, tag, time);
  else writeValidTime(writer, tag, seconds >= lastSecond ? lastTime : [0, 0]);
}

/**
 * Seconds and nanoseconds as nanoseconds in 64 bits, without BigInt. A second's nanoseconds are 10^9 = 2^16 * 15258 + 51712, so
 * the upper and the lower 16 bits of the seconds are multiplied apart, each product exact in a number.
 */
function writeValidTime(writer: ProtobufWriter, tag: number, [seconds, nanoseconds]: HrTime): void {
  const lower = (seconds & 0xffff) * 1e9;
  const upper = ((seconds / 0x1_0000) >>> 0) * 1e9;
  const low = (lower >>> 0) + (((upper & 0xffff) * 0x1_0000) >>> 0) + nanoseconds;
  const carry = Math.floor(low / 2 ** 32);
  const high = Math.floor(lower / 2 ** 32) + ((upper / 0x1_0000) >>> 0) + carry;
  writer.byte(tag);
  writer.fixed64(low >>> 0, high >>> 0);
}

/** Resource, with its tag. One that still waits for attributes has those that are there, as with stock, and is not kept. */
function resourceBytes(resource: Resource): Uint8Array {
  const known = resources.get(resource);
  if (known !== undefined) return known;
  const own = new ProtobufWriter();
  own.byte(0x0a);
  const start = own.open(1);
  if (resource.attributes) writeAttributes(own, resource.attributes, 0x0a);
  writeCount(own, 0x10, 0);
  own.close(start, 1);
  const bytes = own.finish();
  if (resource.asyncAttributesPending !== true) resources.set(resource, bytes);
  return bytes;
}

/** InstrumentationScope, with its tag. */
function scopeBytes(scope: ScopeWithAttributes): Uint8Array {
  const known = scopes.get(scope);
  if (known !== undefined) return known;
  const own = new ProtobufWriter();
  own.byte(0x0a);
  const start = own.open(1);
  own.byte(0x0a);
  own.string(textOf(scope.name));
  writeText(own, 0x12, scope.version);
  if (scope.attributes) writeAttributes(own, scope.attributes, 0x1a);
  if (scope.droppedAttributesCount) writeCount(own, 0x20, scope.droppedAttributesCount);
  own.close(start, 1);
  const bytes = own.finish();
  scopes.set(scope, bytes);
  return bytes;
}
