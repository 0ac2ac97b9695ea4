/**
 * What a span or log record will take as OTLP, without encoding it: about, and for large ones not less than nine tenths
 * (test/export/item-size.test.ts). Runs for every span and line, so it allocates nothing.
 */
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** Ids, times, status and the tags around them. */
const spanBytes = 120;
const recordBytes = 120;
const eventBytes = 24;
const linkBytes = 40;
/** Key's tags and the value's, and a number. */
const attributeBytes = 12;
/** Values deeper than this are not looked into. */
const deepest = 8;

export function spanSize(span: ReadableSpan): number {
  let bytes = spanBytes + span.name.length + attributesSize(span.attributes, 0);
  for (const event of span.events) {
    bytes += eventBytes + event.name.length + attributesSize(event.attributes, 0);
  }
  for (const link of span.links) bytes += linkBytes + attributesSize(link.attributes, 0);
  return bytes + (span.status.message?.length ?? 0);
}

/** A record that was made of a line knows the line's length, and reading it would cost what is to be saved. */
interface SizedRecord {
  readonly lineLength?: number;
}

export function recordSize(record: ReadableLogRecord & SizedRecord): number {
  if (record.lineLength !== undefined) return recordBytes + record.lineLength;
  return recordBytes + valueSize(record.body, 0) + attributesSize(record.attributes, 0);
}

function attributesSize(attributes: object | undefined, depth: number): number {
  let bytes = 0;
  // oxlint-disable-next-line guard-for-in -- Object.entries would allocate; an inherited key only makes it a little larger
  for (const key in attributes) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any object may be read by its keys
    bytes += attributeBytes + key.length + valueSize((attributes as Readonly<Record<string, unknown>>)[key], depth);
  }
  return bytes;
}

function valueSize(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth > deepest) return 4;
  if (value instanceof Uint8Array) return value.byteLength;
  if (!Array.isArray(value)) return attributesSize(value, depth + 1);
  let bytes = 0;
  for (const each of value) bytes += 4 + valueSize(each, depth + 1);
  return bytes;
}
