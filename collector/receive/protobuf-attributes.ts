/** KeyValue and AnyValue of OTLP's common.proto. */
import type { Attributes, AttributeValue } from '../store/telemetry-store.ts';
import { numberValue, type OpenAttributes, setAttribute } from './decoded.ts';
import { bytesTag, fixed64Tag, varintTag, type WireReader } from './wire-reader.ts';

/** Reads one KeyValue into `attributes`; of two with the same key the last stays. */
export function readAttribute(wire: WireReader, attributes: OpenAttributes): void {
  const [key, value] = wire.message(readKeyValue);
  setAttribute(attributes, key, value);
}

/** Reads a message that is a list of KeyValue in the field `tag`, and skips its other fields. */
export function readAttributeList(wire: WireReader, tag: number): Attributes {
  const attributes: OpenAttributes = {};
  while (wire.hasMore()) {
    const next = wire.tag();
    if (next === tag) readAttribute(wire, attributes);
    else wire.skip(next);
  }
  return attributes;
}

function readKeyValue(wire: WireReader): [string, AttributeValue] {
  let key = '';
  let value: AttributeValue = '';
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) key = wire.string();
    else if (tag === bytesTag(2)) value = wire.message(readAnyValue);
    else wire.skip(tag);
  }
  return [key, value];
}

/** A value that is not set at all reads as the empty string. */
export function readAnyValue(wire: WireReader): AttributeValue {
  let value: AttributeValue = '';
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) value = wire.string();
    else if (tag === varintTag(2)) value = wire.bool();
    else if (tag === varintTag(3)) value = wire.int64();
    else if (tag === fixed64Tag(4)) value = numberValue(wire.double());
    else if (tag === bytesTag(5)) value = wire.message(readArray);
    else if (tag === bytesTag(6)) value = wire.message(readKeyValueList);
    else if (tag === bytesTag(7)) value = wire.base64();
    else wire.skip(tag);
  }
  return value;
}

const readKeyValueList = (wire: WireReader): Attributes => readAttributeList(wire, bytesTag(1));

function readArray(wire: WireReader): AttributeValue[] {
  const values: AttributeValue[] = [];
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) values.push(wire.message(readAnyValue));
    else wire.skip(tag);
  }
  return values;
}
