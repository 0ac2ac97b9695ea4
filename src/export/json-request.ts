/**
 * Writes an OTLP request in JSON from the same in protobuf (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding,
 * https://protobuf.dev/programming-guides/json/). One encoder decides what goes out; in JSON nothing can be wrong that is right in
 * protobuf. It reads what we have written ourselves, and nothing else.
 */
import type { Message, MessageField, ScalarKind } from './otlp-messages.ts';

/** @param body - A request that is valid. */
export function jsonRequest(body: Uint8Array, message: Message): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(new JsonWriter(bytes).object(message, bytes.length));
}

class JsonWriter {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  object(message: Message, end: number): string {
    let json = '{';
    let open: MessageField | undefined;
    while (this.#at < end) {
      const tag = this.#varint32();
      const field = message.get(tag >>> 3);
      if (field === undefined) throw new TypeError(`cannot write field ${tag >>> 3} as JSON: it must be in the table`);
      // The items of a list stand next to each other: the encoders write field by field.
      if (field === open) json += ',';
      else json += `${open?.isList ? ']' : ''}${open ? ',' : ''}"${field.name}":${field.isList ? '[' : ''}`;
      json += this.#value(field);
      open = field;
    }
    return `${json}${open?.isList ? ']' : ''}}`;
  }

  #value({ kind, isList }: MessageField): string {
    if (typeof kind !== 'string') {
      const end = this.#lengthEnd();
      return this.object(kind, end);
    }
    return isList ? this.#packed(kind) : this.#scalar(kind);
  }

  #packed(kind: ScalarKind): string {
    const end = this.#lengthEnd();
    const values: string[] = [];
    while (this.#at < end) values.push(this.#scalar(kind));
    return values.join(',');
  }

  #scalar(kind: ScalarKind): string {
    switch (kind) {
      case 'string':
        return JSON.stringify(this.#text('utf8'));
      case 'bytes':
        return `"${this.#text('base64')}"`;
      case 'hex':
        return `"${this.#text('hex')}"`;
      case 'bool':
        return this.#varint32() === 0 ? 'false' : 'true';
      case 'uint32':
      case 'enum':
        return String(this.#varint32());
      case 'sint32':
        return String(zigzag(this.#varint32()));
      case 'fixed32':
        return String(this.#bytes.readUInt32LE(this.#advance(4)));
      case 'double':
        return doubleJson(this.#bytes.readDoubleLE(this.#advance(8)));
      case 'int64':
        return `"${BigInt.asIntN(64, this.#varint64())}"`;
      case 'uint64':
        return `"${this.#varint64()}"`;
      case 'fixed64':
        return `"${this.#bytes.readBigUInt64LE(this.#advance(8))}"`;
      case 'sfixed64':
        return `"${this.#bytes.readBigInt64LE(this.#advance(8))}"`;
      default:
        return kind satisfies never;
    }
  }

  #text(encoding: 'utf8' | 'base64' | 'hex'): string {
    const end = this.#lengthEnd();
    const text = this.#bytes.toString(encoding, this.#at, end);
    this.#at = end;
    return text;
  }

  #lengthEnd(): number {
    const length = this.#varint32();
    return this.#at + length;
  }

  #advance(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  #varint32(): number {
    let value = 0;
    let byte: number;
    let shift = 0;
    do {
      byte = this.#byte();
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    return value >>> 0;
  }

  #varint64(): bigint {
    const start = this.#at;
    while (this.#byte() > 127);
    let value = 0n;
    for (let at = this.#at - 1; at >= start; at -= 1) value = (value << 7n) | BigInt(this.#bytes.readUInt8(at) & 127);
    return value;
  }
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

/** JSON has no word for some numbers; protobuf's JSON has. */
function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  // Not -0, which readers take for an integer.
  return Object.is(value, -0) ? '-0.0' : String(value);
}
