/**
 * Encodes log records as an OTLP ExportLogsServiceRequest (logs.proto), byte for byte what the stock serializer makes of them, in
 * a fraction of its time; and what every decoder takes where the stock serializer makes what none does.
 */
import { SeverityNumber } from '@opentelemetry/api';
import type { SpanContext } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { writeAnyValue, writeAttribute, writeAttributes } from './attribute-encoder.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { encodeRequest, writeCount, writeText, writeTime } from './request-encoder.ts';
import type { Encoded } from './request-encoder.ts';

/** Bytes that a record's length mostly takes: it has some hundred. */
const recordRoom = 2;

const writer = new ProtobufWriter();
const sharedWriter = new ProtobufWriter();

export function encodeLogRecords(records: readonly ReadableLogRecord[]): Encoded {
  return encodeRequest<ReadableLogRecord>(records, { writer, writeItem: writeRecord, itemName: 'log record' });
}

/** Of a record that was made of something else, and that nobody has looked into: the parts, without the record. */
interface UnreadParts {
  readonly severityText: string;
  readonly body: unknown;
  /** The same object for many records: its bytes are kept. */
  readonly shared: SharedParts;
  /** Names and values of further attributes, in turn. */
  readonly own: readonly unknown[];
}

interface SharedParts {
  readonly attributes: object;
  readonly spanContext: SpanContext | undefined;
}

/** A record that may have such parts. */
interface UnreadRecord {
  readonly unread?: () => UnreadParts | undefined;
}

function writeRecord(record: ReadableLogRecord & UnreadRecord): void {
  const { severityNumber } = record;
  const unread = record.unread?.();
  writer.byte(0x12);
  const start = writer.open(recordRoom);
  writeTime(writer, 0x09, record.hrTime);
  // 0 is "unspecified", which says nothing.
  if (severityNumber !== undefined && severityNumber >= SeverityNumber.TRACE && severityNumber <= SeverityNumber.FATAL4)
    writeCount(writer, 0x10, severityNumber);
  if (unread === undefined) writeContent(record);
  else writeUnread(unread);
  writeTime(writer, 0x59, record.hrTimeObserved);
  writeText(writer, 0x62, record.eventName);
  writer.close(start, recordRoom);
}

function writeContent(record: ReadableLogRecord): void {
  const { body, attributes, spanContext } = record;
  writeText(writer, 0x1a, record.severityText);
  writeBody(body);
  if (attributes) writeAttributes(writer, attributes, 0x32);
  writeCount(writer, 0x38, record.droppedAttributesCount);
  if (spanContext !== undefined && spanContext !== null) writeTraceContext(writer, spanContext);
}

function writeUnread({ severityText, body, shared, own }: UnreadParts): void {
  writeText(writer, 0x1a, severityText);
  writeBody(body);
  const { attributes, spanContext } = bytesOf(shared);
  writer.raw(attributes);
  for (let at = 0; at < own.length; at += 2) {
    writer.byte(0x32);
    writeAttribute(writer, String(own[at]), own[at + 1]);
  }
  writeCount(writer, 0x38, 0);
  writer.raw(spanContext);
}

function writeBody(body: unknown): void {
  if (body === undefined) return;
  writer.byte(0x2a);
  writeAnyValue(writer, body);
}

interface SharedBytes {
  readonly attributes: Uint8Array;
  readonly spanContext: Uint8Array;
}

const sharedBytes = new WeakMap<SharedParts, SharedBytes>();

function bytesOf(shared: SharedParts): SharedBytes {
  const known = sharedBytes.get(shared);
  if (known !== undefined) return known;
  sharedWriter.start();
  writeAttributes(sharedWriter, shared.attributes, 0x32);
  const attributes = sharedWriter.finish();
  sharedWriter.start();
  if (shared.spanContext !== undefined) writeTraceContext(sharedWriter, shared.spanContext);
  const bytes = { attributes, spanContext: sharedWriter.finish() };
  sharedBytes.set(shared, bytes);
  return bytes;
}

function writeTraceContext(to: ProtobufWriter, { traceFlags, traceId, spanId }: SpanContext): void {
  if (traceFlags) {
    to.byte(0x45);
    to.fixed32(traceFlags);
  }
  if (writeId(to, traceId, { tag: 0x4a, bytes: 16 })) writeId(to, spanId, { tag: 0x52, bytes: 8 });
}

interface IdField {
  readonly tag: number;
  readonly bytes: number;
}

/** @returns False, and nothing written, for what is no id: a receiver would refuse all for it. */
function writeId(to: ProtobufWriter, id: string, { tag, bytes }: IdField): boolean {
  if (!id) return false;
  const before = to.position;
  to.byte(tag);
  const isId = to.hex(id, bytes);
  if (!isId) to.goBack(before);
  return isId;
}
