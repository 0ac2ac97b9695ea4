/**
 * Encodes finished spans as an OTLP ExportTraceServiceRequest (trace.proto), byte for byte what the stock serializer makes of
 * them, in a fraction of its time; and what every decoder takes where the stock serializer makes what none does.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Link, SpanStatus, TraceState } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';

import { writeAttributes } from './attribute-encoder.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { encodeRequest, textOf, writeCount, writeText, writeTime } from './request-encoder.ts';
import type { Encoded } from './request-encoder.ts';

/** https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto SpanFlags */
const hasIsRemote = 0x100;
const isRemote = 0x200;

/** Bytes that a span's length mostly takes: it has some hundred. */
const spanRoom = 2;

const writer = new ProtobufWriter();

export function encodeSpans(spans: readonly ReadableSpan[]): Encoded {
  return encodeRequest(spans, { writer, writeItem: writeSpan, itemName: 'span' });
}

function writeSpan(span: ReadableSpan): void {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext();
  const { parentSpanContext: parent } = span;
  writer.byte(0x12);
  const start = writer.open(spanRoom);
  writer.byte(0x0a);
  const hasTraceId = writer.hex(traceId, 16);
  writer.byte(0x12);
  if (!writer.hex(spanId, 8) || !hasTraceId) throw new TypeError('its ids are no ids');
  writeTraceState(traceState);
  if (parent?.spanId) writeParent(parent.spanId);
  writer.byte(0x2a);
  writer.string(textOf(span.name));
  writeKindAndTimes(span);
  if (span.attributes) writeAttributes(writer, span.attributes, 0x4a);
  writeCount(writer, 0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(event);
  writeCount(writer, 0x60, span.droppedEventsCount);
  let badLinks = 0;
  for (const link of span.links) if (!writeLink(link)) badLinks += 1;
  writeCount(writer, 0x70, span.droppedLinksCount + badLinks);
  writeStatus(span.status);
  // Field 16: its tag takes two bytes.
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(flags(traceFlags, parent?.isRemote));
  writer.close(start, spanRoom);
}

/** Of no use to anybody when it is no id: a receiver would refuse all for it. */
function writeParent(spanId: string): void {
  const before = writer.position;
  writer.byte(0x22);
  if (!writer.hex(spanId, 8)) writer.goBack(before);
}

/** Samplers and propagators of applications may have made it: https://www.w3.org/TR/trace-context/#tracestate-header is ASCII. */
function writeTraceState(traceState: TraceState | undefined): void {
  const text = traceState?.serialize();
  if (text !== undefined && /^[\u0020-\u007E]+$/.test(text)) writeText(writer, 0x1a, text);
}

function writeKindAndTimes({ kind, startTime, endTime }: ReadableSpan): void {
  // OTLP counts kinds from 1; a span without one has none, whatever its type says.
  if (kind >= SpanKind.INTERNAL && kind <= SpanKind.CONSUMER) writeCount(writer, 0x30, kind + 1);
  writeTime(writer, 0x39, startTime);
  writeTime(writer, 0x41, endTime);
}

function writeEvent({ time, name, attributes, droppedAttributesCount }: TimedEvent): void {
  writer.byte(0x5a);
  const start = writer.open(1);
  writeTime(writer, 0x09, time);
  writer.byte(0x12);
  writer.string(textOf(name));
  if (attributes) writeAttributes(writer, attributes, 0x1a);
  writeCount(writer, 0x20, droppedAttributesCount ?? 0);
  writer.close(start, 1);
}

/** @returns False when it links to nothing that has ids; then it is not written. */
function writeLink({ context, attributes, droppedAttributesCount }: Link): boolean {
  const before = writer.position;
  writer.byte(0x6a);
  const start = writer.open(1);
  writer.byte(0x0a);
  const hasTraceId = writer.hex(context.traceId, 16);
  writer.byte(0x12);
  if (!writer.hex(context.spanId, 8) || !hasTraceId) {
    writer.goBack(before);
    return false;
  }
  writeTraceState(context.traceState);
  if (attributes) writeAttributes(writer, attributes, 0x22);
  writeCount(writer, 0x28, droppedAttributesCount ?? 0);
  writer.byte(0x35);
  writer.fixed32(flags(context.traceFlags, context.isRemote));
  writer.close(start, 1);
  return true;
}

function writeStatus({ code, message }: SpanStatus): void {
  writer.byte(0x7a);
  const start = writer.open(1);
  writeText(writer, 0x12, message);
  writeCount(writer, 0x18, code === SpanStatusCode.OK || code === SpanStatusCode.ERROR ? code : 0);
  writer.close(start, 1);
}

function flags(traceFlags: number, remote: boolean | undefined): number {
  return (traceFlags & 0xff) | hasIsRemote | (remote ? isRemote : 0);
}
