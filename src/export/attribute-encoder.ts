/**
 * Writes attributes as OTLP's KeyValue and AnyValue (common.proto), by the rules of the stock serializer where these give what
 * every decoder takes.
 */
import { ProtobufWriter, varintBytes } from './protobuf-writer.ts';

/** Names that are kept encoded. Real programs use some dozens; one that makes up names starts over and over, but holds no more. */
const maxKeys = 1000;
/** Longer names are encoded each time; semantic conventions have none of half that length. */
const longestKey = 100;
const keys = new Map<string, Uint8Array>();
const keyWriter = new ProtobufWriter();

/**
 * Protobuf's decoders refuse a whole request in which messages are nested deeper than 100 (C++, Java, Python); a map in a map takes
 * three, and the request around an event's attribute seven.
 */
const deepest = 28;
/** Values within one. The same object may be in it over and over, each time with others: a kilobyte of memory can be gigabytes. */
const mostValues = 100_000;
let valuesLeft = mostValues;

/**
 * A name must not be empty (https://opentelemetry.io/docs/specs/otel/common/#attribute); what has none is left out.
 *
 * @param tag - Of the field that holds the attributes, which must be below 16.
 */
export function writeAttributes(writer: ProtobufWriter, attributes: object, tag: number): void {
  for (const key in attributes) {
    if (key === '' || !Object.hasOwn(attributes, key)) continue;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object's property by its own name
    const value = (attributes as Readonly<Record<string, unknown>>)[key];
    writer.byte(tag);
    writeAttribute(writer, key, value);
  }
}

/** One alone, behind its tag. */
export function writeAttribute(writer: ProtobufWriter, key: string, value: unknown): void {
  if (typeof value === 'string' && writer.shortText(keyBytes(key), value)) return;
  valuesLeft = mostValues;
  writeKeyValue(writer, { key, value, depth: 0 });
}

interface Pair {
  readonly key: string;
  readonly value: unknown;
  /** Of maps and lists around it. */
  readonly depth: number;
}

/** Lengths of short and of long texts are guessed right, so that nothing is moved; long lists and maps are. */
function writeKeyValue(writer: ProtobufWriter, { key, value, depth }: Pair): void {
  const room = typeof value === 'string' ? varintBytes(key.length + value.length + 6) : 1;
  const pair = writer.open(room);
  writer.raw(keyBytes(key));
  writeNested(writer, value, depth);
  writer.close(pair, room);
}

/** Length and content. What no AnyValue can hold (undefined, null, functions, symbols) is an empty one. */
export function writeAnyValue(writer: ProtobufWriter, value: unknown): void {
  valuesLeft = mostValues;
  writeNested(writer, value, 0);
}

function writeNested(writer: ProtobufWriter, value: unknown, depth: number): void {
  valuesLeft -= 1;
  const room = typeof value === 'string' ? varintBytes(value.length + 2) : 1;
  const any = writer.open(room);
  if (typeof value === 'string') {
    writer.byte(0x0a);
    writer.string(value);
  } else if (typeof value === 'boolean') {
    writer.byte(0x10);
    writer.byte(value ? 1 : 0);
  } else if (typeof value === 'number') {
    writeNumber(writer, value);
  } else if (typeof value === 'object' && value !== null) {
    writeObject(writer, value, depth);
  } else if (typeof value === 'bigint') {
    writeBigInt(writer, value);
  }
  writer.close(any, room);
}

/** An integer is an int64 while it fits; everything else, NaN too, is a double. -0 is the integer 0. */
function writeNumber(writer: ProtobufWriter, value: number): void {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) {
    writer.byte(0x18);
    writer.varint(value);
  } else {
    writer.byte(0x21);
    writer.double(value);
  }
}

/** As text where no int64 holds it: nothing of the number is lost. */
function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) {
    writer.byte(0x18);
    writer.varint64(value);
  } else {
    writeText(writer, String(value));
  }
}

/** A value's only field, where it is no text by itself. */
function writeText(writer: ProtobufWriter, text: string): void {
  writer.byte(0x0a);
  writer.string(text);
}

function writeObject(writer: ProtobufWriter, value: object, depth: number): void {
  const bytes = bytesOf(value);
  if (bytes !== undefined) {
    writer.byte(0x3a);
    writer.varint(bytes.length);
    writer.raw(bytes);
  } else if (value instanceof Date) {
    writeText(writer, Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString());
  } else if (value instanceof Error) {
    writeText(writer, String(value));
  } else if (depth >= deepest) {
    writeText(writer, isList(value) ? '[Array]' : '[Object]');
  } else {
    writeMembers(writer, value, depth + 1);
  }
}

function writeMembers(writer: ProtobufWriter, value: object, depth: number): void {
  const list = isList(value);
  writer.byte(list ? 0x2a : 0x32);
  const content = writer.open(1);
  if (list) writeItems(writer, value, depth);
  else writeMap(writer, value, depth);
  writer.close(content, 1);
}

/** Typed arrays too: their indexes are no names. */
function isList(value: object): value is Iterable<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return value instanceof DataView ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

function writeItems(writer: ProtobufWriter, items: Iterable<unknown>, depth: number): void {
  for (const item of items) {
    if (valuesLeft <= 0) return;
    writer.byte(0x0a);
    writeNested(writer, item, depth);
  }
}

/** Names within a map may be empty. */
function writeMap(writer: ProtobufWriter, map: object, depth: number): void {
  for (const key in map) {
    if (valuesLeft <= 0) return;
    if (!Object.hasOwn(map, key)) continue;
    writer.byte(0x0a);
    writeKeyValue(writer, { key, value: Reflect.get(map, key), depth });
  }
}

/** KeyValue's field 1, the name, whole, and the tag of its field 2, the value. */
function keyBytes(key: string): Uint8Array {
  const known = keys.get(key);
  if (known !== undefined) return known;
  keyWriter.start();
  keyWriter.byte(0x0a);
  keyWriter.string(key);
  keyWriter.byte(0x12);
  const bytes = keyWriter.finish();
  if (key.length > longestKey) return bytes;
  if (keys.size >= maxKeys) keys.clear();
  keys.set(key, bytes);
  return bytes;
}
