/**
 * Encodes finished spans as an OTLP ExportTraceServiceRequest (trace.proto), byte for byte what the stock serializer makes of
 * them, in a fraction of its time.
 */
import { diag } from '@opentelemetry/api';
import type { HrTime, Link, SpanStatus } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';

import { writeAttributes } from './attribute-encoder.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

type Resource = ReadableSpan['resource'];
type Scope = ReadableSpan['instrumentationScope'];
type ScopeWithAttributes = Scope & { readonly attributes?: object; readonly droppedAttributesCount?: number };

/** https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto SpanFlags */
const hasIsRemote = 0x100;
const isRemote = 0x200;

/** Bytes that lengths mostly take: a span has some hundred bytes, all spans of a scope some ten thousand. */
const spanRoom = 2;
const scopeRoom = 3;

const writer = new ProtobufWriter();
const resources = new WeakMap<Resource, Uint8Array>();
const scopes = new WeakMap<Scope, Uint8Array>();
let hasWarned = false;

/**
 * @returns The request's bytes, in memory of their own. When a span cannot be encoded here, those that the stock serializer makes;
 * what it throws is thrown.
 */
export function encodeSpans(spans: ReadableSpan[]): Uint8Array | undefined {
  try {
    writer.start();
    for (const [resource, byScope] of grouped(spans)) writeResourceSpans(resource, byScope);
    return writer.finish();
  } catch (error) {
    if (!hasWarned) diag.warn('export: spans were encoded the slow way, because the fast way failed', error);
    hasWarned = true;
    return ProtobufTraceSerializer.serializeRequest(spans);
  }
}

/** By identity, each in the order of its first span. */
function grouped(spans: readonly ReadableSpan[]): Map<Resource, Map<Scope, ReadableSpan[]>> {
  const groups = new Map<Resource, Map<Scope, ReadableSpan[]>>();
  for (const span of spans) {
    const { resource, instrumentationScope: scope } = span;
    const byScope = groups.get(resource) ?? new Map<Scope, ReadableSpan[]>();
    if (byScope.size === 0) groups.set(resource, byScope);
    const ofScope = byScope.get(scope);
    if (ofScope === undefined) byScope.set(scope, [span]);
    else ofScope.push(span);
  }
  return groups;
}

function writeResourceSpans(resource: Resource, byScope: ReadonlyMap<Scope, readonly ReadableSpan[]>): void {
  writer.byte(0x0a);
  const start = writer.open(scopeRoom);
  writer.raw(resourceBytes(resource));
  for (const [scope, spans] of byScope) writeScopeSpans(scope, spans);
  writeText(0x1a, resource.schemaUrl);
  writer.close(start, scopeRoom);
}

function writeScopeSpans(scope: Scope, spans: readonly ReadableSpan[]): void {
  writer.byte(0x12);
  const start = writer.open(scopeRoom);
  writer.raw(scopeBytes(scope));
  for (const span of spans) writeSpan(span);
  writeText(0x1a, scope.schemaUrl);
  writer.close(start, scopeRoom);
}

function writeSpan(span: ReadableSpan): void {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext();
  const { parentSpanContext: parent } = span;
  writer.byte(0x12);
  const start = writer.open(spanRoom);
  writer.byte(0x0a);
  writer.hex(traceId);
  writer.byte(0x12);
  writer.hex(spanId);
  writeText(0x1a, traceState?.serialize());
  if (parent?.spanId) {
    writer.byte(0x22);
    writer.hex(parent.spanId);
  }
  writer.byte(0x2a);
  writer.string(span.name);
  writeKindAndTimes(span);
  if (span.attributes) writeAttributes(writer, span.attributes, 0x4a);
  writeCount(0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(event);
  writeCount(0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(link);
  writeCount(0x70, span.droppedLinksCount);
  writeStatus(span.status);
  // Field 16: its tag takes two bytes.
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(flags(traceFlags, parent?.isRemote));
  writer.close(start, spanRoom);
}

function writeKindAndTimes({ kind, startTime, endTime }: ReadableSpan): void {
  // OTLP counts kinds from 1; a span without one has none, whatever its type says.
  const otlpKind = kind === undefined || kind === null ? 0 : kind + 1;
  if (otlpKind !== 0) writeCount(0x30, otlpKind);
  writer.byte(0x39);
  writeTime(startTime);
  writer.byte(0x41);
  writeTime(endTime);
}

function writeEvent({ time, name, attributes, droppedAttributesCount }: TimedEvent): void {
  writer.byte(0x5a);
  const start = writer.open(1);
  writer.byte(0x09);
  writeTime(time);
  writer.byte(0x12);
  writer.string(name);
  if (attributes) writeAttributes(writer, attributes, 0x1a);
  writeCount(0x20, droppedAttributesCount ?? 0);
  writer.close(start, 1);
}

function writeLink({ context, attributes, droppedAttributesCount }: Link): void {
  writer.byte(0x6a);
  const start = writer.open(1);
  writer.byte(0x0a);
  writer.hex(context.traceId);
  writer.byte(0x12);
  writer.hex(context.spanId);
  writeText(0x1a, context.traceState?.serialize());
  if (attributes) writeAttributes(writer, attributes, 0x22);
  writeCount(0x28, droppedAttributesCount ?? 0);
  writer.byte(0x35);
  writer.fixed32(flags(context.traceFlags, context.isRemote));
  writer.close(start, 1);
}

function writeStatus({ code, message }: SpanStatus): void {
  writer.byte(0x7a);
  const start = writer.open(1);
  writeText(0x12, message);
  writeCount(0x18, code);
  writer.close(start, 1);
}

function flags(traceFlags: number, remote: boolean | undefined): number {
  return (traceFlags & 0xff) | hasIsRemote | (remote ? isRemote : 0);
}

/** Nothing for an empty text. */
function writeText(tag: number, text: string | undefined): void {
  if (!text) return;
  writer.byte(tag);
  writer.string(text);
}

function writeCount(tag: number, count: number): void {
  writer.byte(tag);
  writer.varint(count);
}

/**
 * Seconds and nanoseconds as nanoseconds in 64 bits, without BigInt. A second's nanoseconds are 10^9 = 2^16 * 15258 + 51712, so
 * the upper and the lower 16 bits of the seconds are multiplied apart, each product exact in a number.
 */
function writeTime([seconds, nanoseconds]: HrTime): void {
  const lower = (seconds & 0xffff) * 1e9;
  const upper = ((seconds / 0x1_0000) >>> 0) * 1e9;
  const low = (lower >>> 0) + (((upper & 0xffff) * 0x1_0000) >>> 0) + nanoseconds;
  const carry = Math.floor(low / 2 ** 32);
  const high = Math.floor(lower / 2 ** 32) + ((upper / 0x1_0000) >>> 0) + carry;
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
  own.byte(0x10);
  own.varint(0);
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
  own.string(scope.name);
  if (scope.version) {
    own.byte(0x12);
    own.string(scope.version);
  }
  if (scope.attributes) writeAttributes(own, scope.attributes, 0x1a);
  if (scope.droppedAttributesCount) {
    own.byte(0x20);
    own.varint(scope.droppedAttributesCount);
  }
  own.close(start, 1);
  const bytes = own.finish();
  scopes.set(scope, bytes);
  return bytes;
}
