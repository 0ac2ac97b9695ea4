/**
 * The protobuf form of otlp-parts.ts. Pure. Requests of the three signals are built alike: field 1 are resources; of each, field 2 are
 * scopes; of each, field 2 are items. What else there is goes along as it is.
 */
import type { Group, ItemName, Part } from './otlp-parts.ts';

/** Field number and wire type in one byte: length-delimited fields 1 and 2. */
const firstTag = 0x0a;
const secondTag = 0x12;
/** Of `name` in a Span; a log record has its body there, a metric nothing. */
const spanNameTag = 0x2a;

/** Of `gauge`, `sum`, `histogram`, `exponential_histogram` and `summary` in a Metric; data points are field 1 of each. */
const pointsTags: ReadonlySet<number> = new Set([0x2a, 0x3a, 0x4a, 0x52, 0x5a]);

interface Field {
  /** Its first byte: enough to tell those that matter. */
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Uint8Array;
  /** Without; empty unless it is length-delimited. */
  readonly content: Uint8Array;
}

export interface ProtobufParts {
  readonly parts: readonly Part<Uint8Array>[];
  readonly nameOf: (index: number) => ItemName | undefined;
}

/** @throws RangeError when the bytes are no such request. */
export function protobufParts(body: Uint8Array): ProtobufParts {
  const parts = fieldsOf(body).flatMap(({ content }) => {
    const fields = fieldsOf(content);
    const resource: Group<Uint8Array> = { fields: besideItems(fields) };
    return itemsAmong(fields).flatMap((scope) => partsOfScope(resource, scope.content));
  });
  return { parts, nameOf: (index) => nameOf(parts[index]) };
}

function partsOfScope(resource: Group<Uint8Array>, content: Uint8Array): Part<Uint8Array>[] {
  const fields = fieldsOf(content);
  const scope: Group<Uint8Array> = { fields: besideItems(fields) };
  return itemsAmong(fields).map(({ whole }) => ({ resource, scope, item: whole }));
}

function itemsAmong(fields: readonly Field[]): Field[] {
  return fields.filter(({ tag }) => tag === secondTag);
}

function besideItems(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.filter(({ tag }) => tag !== secondTag).map(({ whole }) => whole));
}

export function joinedProtobuf(parts: readonly Part<Uint8Array>[]): Uint8Array {
  const resources = [...Map.groupBy(parts, ({ resource }) => resource)].map(([resource, ofResource]) => {
    const scopes = [...Map.groupBy(ofResource, ({ scope }) => scope)].map(([scope, ofScope]) =>
      delimited(secondTag, [scope.fields, ...ofScope.map(({ item }) => item)]),
    );
    return delimited(firstTag, [resource.fields, ...scopes]);
  });
  return Buffer.concat(resources);
}

function delimited(tag: number, contents: readonly Uint8Array[]): Uint8Array {
  const head = [tag];
  let length = contents.reduce((sum, { byteLength }) => sum + byteLength, 0);
  while (length > 127) {
    head.push((length & 127) | 128);
    length >>>= 7;
  }
  head.push(length);
  return Buffer.concat([Uint8Array.from(head), ...contents]);
}

/** Of a request of metrics. */
export function protobufPointCount(body: Uint8Array): number {
  return protobufParts(body)
    .parts.flatMap(({ item }) => fieldsOf(item))
    .flatMap(({ content }) => fieldsOf(content))
    .filter(({ tag }) => pointsTags.has(tag))
    .flatMap(({ content }) => fieldsOf(content))
    .filter(({ tag }) => tag === firstTag).length;
}

function nameOf(part: Part<Uint8Array> | undefined): ItemName | undefined {
  if (part === undefined) return undefined;
  const [scope] = fieldsOf(part.scope.fields).filter(({ tag }) => tag === firstTag);
  const [item] = fieldsOf(part.item);
  const itemFields = item === undefined ? [] : fieldsOf(item.content);
  const scopeName = scope === undefined ? '' : textOf(fieldsOf(scope.content), firstTag);
  return { scope: scopeName, name: itemName(itemFields) };
}

/** A span begins with its trace id, 16 bytes in field 1, a metric with its name; a log record has no field 1 that is text. */
function itemName(fields: readonly Field[]): string {
  const [first] = fields;
  if (first?.tag !== firstTag) return '';
  const isSpan = first.content.byteLength === 16 && fields.some(({ tag }) => tag === spanNameTag);
  return textOf(fields, isSpan ? spanNameTag : firstTag);
}

function textOf(fields: readonly Field[], wanted: number): string {
  const found = fields.find(({ tag }) => tag === wanted);
  return found === undefined ? '' : Buffer.from(found.content).toString('utf8');
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const field = fieldAt(bytes, at);
    fields.push(field);
    at += field.whole.byteLength;
  }
  return fields;
}

function fieldAt(bytes: Uint8Array, start: number): Field {
  const tag = bytes[start] ?? 0;
  const afterTag = varintEnd(bytes, start);
  const type = tag & 7;
  if (type === 2) {
    const contentAt = varintEnd(bytes, afterTag);
    const end = contentAt + varintAt(bytes, afterTag);
    if (end > bytes.byteLength) throw new RangeError('cannot take apart a message that is cut off');
    return { tag, whole: bytes.subarray(start, end), content: bytes.subarray(contentAt, end) };
  }
  const end = type === 0 ? varintEnd(bytes, afterTag) : afterTag + (type === 1 ? 8 : 4);
  if (end > bytes.byteLength || (type !== 0 && type !== 1 && type !== 5)) {
    throw new RangeError('cannot take apart what is no message');
  }
  return { tag, whole: bytes.subarray(start, end), content: bytes.subarray(end, end) };
}

function varintEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) > 127) at += 1;
  return at + 1;
}

/** A length: below 2^32. */
function varintAt(bytes: Uint8Array, start: number): number {
  let value = 0;
  let factor = 1;
  for (let at = start; at < start + 5; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    factor *= 128;
  }
  throw new RangeError('cannot read a length of more than 32 bits');
}
