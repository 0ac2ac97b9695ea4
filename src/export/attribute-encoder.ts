/** Writes attributes as OTLP's KeyValue and AnyValue (common.proto), by the same rules as the stock serializer. */
import { ProtobufWriter, varintBytes } from './protobuf-writer.ts';

/** Names that are kept encoded. Real programs use some dozens; one that makes up names starts over and over, but holds no more. */
const maxKeys = 1000;
/** Longer names are encoded each time; semantic conventions have none of half that length. */
const longestKey = 100;
const keys = new Map<string, Uint8Array>();
const keyWriter = new ProtobufWriter();

/** @param tag - Of the field that holds the attributes, which must be below 16. */
export function writeAttributes(writer: ProtobufWriter, attributes: object, tag: number): void {
  for (const key in attributes) {
    if (!Object.hasOwn(attributes, key)) continue;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object's property by its own name
    const value = (attributes as Readonly<Record<string, unknown>>)[key];
    writer.byte(tag);
    writeAttribute(writer, key, value);
  }
}

/** One alone, behind its tag. */
export function writeAttribute(writer: ProtobufWriter, key: string, value: unknown): void {
  if (typeof value !== 'string' || !writer.shortText(keyBytes(key), value)) writeKeyValue(writer, key, value);
}

/** Lengths of short and of long texts are guessed right, so that nothing is moved; long lists and maps are. */
function writeKeyValue(writer: ProtobufWriter, key: string, value: unknown): void {
  const room = typeof value === 'string' ? varintBytes(key.length + value.length + 6) : 1;
  const pair = writer.open(room);
  writer.raw(keyBytes(key));
  writeAnyValue(writer, value);
  writer.close(pair, room);
}

/** Length and content. What no AnyValue can hold (undefined, null, functions, symbols, bigint) is an empty one. */
export function writeAnyValue(writer: ProtobufWriter, value: unknown): void {
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
    writeObject(writer, value);
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

function writeObject(writer: ProtobufWriter, value: object): void {
  if (value instanceof Uint8Array) {
    writer.byte(0x3a);
    writer.varint(value.length);
    writer.raw(value);
    return;
  }
  const isList = Array.isArray(value);
  writer.byte(isList ? 0x2a : 0x32);
  const content = writer.open(1);
  if (isList) writeItems(writer, value);
  else writeAttributes(writer, value, 0x0a);
  writer.close(content, 1);
}

function writeItems(writer: ProtobufWriter, items: readonly unknown[]): void {
  for (const item of items) {
    writer.byte(0x0a);
    writeAnyValue(writer, item);
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
