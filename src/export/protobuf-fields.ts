/** Reads the few small protobuf messages that receivers answer with. Never throws: what is malformed has no fields. */

/** Groups (wire types 3 and 4) are in no OTLP message. */
const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;
const fixed32Type = 5;

export interface ProtobufFields {
  /** The last number of that field, or 0, as protobuf has it. Exact up to 2^53; negative ones as int64 has them. */
  readonly number: (field: number) => number;
  /** The last text of that field, or ''. */
  readonly text: (field: number) => string;
  /** All messages of that field, in their order. */
  readonly messages: (field: number) => readonly Uint8Array[];
}

export function protobufFields(bytes: Uint8Array): ProtobufFields {
  const fields = readAll(bytes) ?? [];
  const messages = (field: number): Uint8Array[] =>
    fields.flatMap(({ number, value }) => (number === field && typeof value !== 'number' ? [value] : []));
  return {
    number: (field) => {
      const found = fields.findLast(({ number, value }) => number === field && typeof value === 'number');
      return typeof found?.value === 'number' ? found.value : 0;
    },
    text: (field) => Buffer.from(messages(field).at(-1) ?? []).toString('utf8'),
    messages,
  };
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** @returns Undefined when the bytes are no message. */
function readAll(bytes: Uint8Array): Field[] | undefined {
  const reader = new Reader(bytes);
  const fields: Field[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    if (tag === undefined) return undefined;
    const value = reader.value(tag % 8);
    if (value === undefined) return undefined;
    fields.push({ number: Math.floor(tag / 8), value });
  }
  return fields;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Fixed numbers are passed over as empty bytes: no answer has one that is of interest here. */
  value(type: number): number | Uint8Array | undefined {
    switch (type) {
      case varintType:
        return this.varint();
      case bytesType: {
        const length = this.varint();
        return length === undefined ? undefined : this.#take(length);
      }
      case fixed64Type:
        return this.#take(8)?.subarray(8);
      case fixed32Type:
        return this.#take(4)?.subarray(4);
      default:
        return undefined;
    }
  }

  varint(): number | undefined {
    let bits = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return undefined;
      this.#at += 1;
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, bits));
    }
    return undefined;
  }

  #take(length: number): Uint8Array | undefined {
    if (length < 0 || this.#at + length > this.#bytes.length) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
