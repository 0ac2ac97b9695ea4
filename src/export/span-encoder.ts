/**
 * Encodes finished spans as an OTLP ExportTraceServiceRequest (trace.proto), byte for byte what the stock serializer makes of
 * them, in a fraction of its time.
 */
import { diag } from '@opentelemetry/api';
import type { Link, SpanStatus } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';

import { writeAttributes } from './attribute-encoder.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { encodeRequest, writeCount, writeText, writeTime } from './request-encoder.ts';

/** https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto SpanFlags */
const hasIsRemote = 0x100;
const isRemote = 0x200;

/** Bytes that a span's length mostly takes: it has some hundred. */
const spanRoom = 2;

const writer = new ProtobufWriter();
let hasWarned = false;

/**
 * @returns The request's bytes, in memory of their own. When a span cannot be encoded here, those that the stock serializer makes;
 * what it throws is thrown.
 */
export function encodeSpans(spans: ReadableSpan[]): Uint8Array | undefined {
  try {
    return encodeRequest(writer, spans, writeSpan);
  } catch (error) {
    if (!hasWarned) diag.warn('export: spans were encoded the slow way, because the fast way failed', error);
    hasWarned = true;
    return ProtobufTraceSerializer.serializeRequest(spans);
  }
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
  writeText(writer, 0x1a, traceState?.serialize());
  if (parent?.spanId) {
    writer.byte(0x22);
    writer.hex(parent.spanId);
  }
  writer.byte(0x2a);
  writer.string(span.name);
  writeKindAndTimes(span);
  if (span.attributes) writeAttributes(writer, span.attributes, 0x4a);
  writeCount(writer, 0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(event);
  writeCount(writer, 0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(link);
  writeCount(writer, 0x70, span.droppedLinksCount);
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
  if (otlpKind !== 0) writeCount(writer, 0x30, otlpKind);
  writeTime(writer, 0x39, startTime);
  writeTime(writer, 0x41, endTime);
}

function writeEvent({ time, name, attributes, droppedAttributesCount }: TimedEvent): void {
  writer.byte(0x5a);
  const start = writer.open(1);
  writeTime(writer, 0x09, time);
  writer.byte(0x12);
  writer.string(name);
  if (attributes) writeAttributes(writer, attributes, 0x1a);
  writeCount(writer, 0x20, droppedAttributesCount ?? 0);
  writer.close(start, 1);
}

function writeLink({ context, attributes, droppedAttributesCount }: Link): void {
  writer.byte(0x6a);
  const start = writer.open(1);
  writer.byte(0x0a);
  writer.hex(context.traceId);
  writer.byte(0x12);
  writer.hex(context.spanId);
  writeText(writer, 0x1a, context.traceState?.serialize());
  if (attributes) writeAttributes(writer, attributes, 0x22);
  writeCount(writer, 0x28, droppedAttributesCount ?? 0);
  writer.byte(0x35);
  writer.fixed32(flags(context.traceFlags, context.isRemote));
  writer.close(start, 1);
}

function writeStatus({ code, message }: SpanStatus): void {
  writer.byte(0x7a);
  const start = writer.open(1);
  writeText(writer, 0x12, message);
  writeCount(writer, 0x18, code);
  writer.close(start, 1);
}

function flags(traceFlags: number, remote: boolean | undefined): number {
  return (traceFlags & 0xff) | hasIsRemote | (remote ? isRemote : 0);
}
