/** Reads the protobuf wire format. Every read is checked against the end of the message it is in; the only thing thrown is WireError. */

/** The bytes are not what the protobuf encoding allows; the message says what and where. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Deeper nesting than this is refused, as protobuf's own parsers do; OTLP itself needs 6 and what attribute values nest. */
const maxDepth = 100;
const twoTo32 = 4_294_967_296;

/** Wire types (https://protobuf.dev/programming-guides/encoding/#structure). Groups (3, 4) are not part of proto3. */
const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A tag as it stands on the wire: field number and wire type in one number. */
export const varintTag = (field: number): number => (field << 3) | wireType.varint;
/** As `varintTag`, for fixed64 and double. */
export const fixed64Tag = (field: number): number => (field << 3) | wireType.fixed64;
/** As `varintTag`, for strings, bytes and messages. */
export const bytesTag = (field: number): number => (field << 3) | wireType.bytes;

/** A cursor over one buffer. */
export class WireReader {
  readonly #bytes: Buffer;
  #position = 0;
  #end: number;
  #depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the message being read has another field. */
  hasMore(): boolean {
    return this.#position < this.#end;
  }

  /** @returns the next field's tag; compare it with `varintTag` and its siblings. */
  tag(): number {
    const tag = this.#varint32();
    if (tag >>> 3 === 0) throw new WireError(`field number 0 at byte ${this.#position}`);
    return tag;
  }

  /** Steps over the field whose tag has just been read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case wireType.varint:
        this.#skipVarint();
        return;
      case wireType.fixed64:
        this.#advance(8);
        return;
      case wireType.bytes:
        this.#advance(this.#varint32());
        return;
      case wireType.fixed32:
        this.#advance(4);
        return;
      default:
        throw new WireError(`wire type ${tag & 7} at byte ${this.#position}: expected 0, 1, 2 or 5`);
    }
  }

  /** Reads a nested message: `read` sees only its bytes. */
  message<T>(read: (wire: WireReader) => T): T {
    const length = this.#varint32();
    const start = this.#position;
    const outerEnd = this.#end;
    this.#checkRoom(length);
    if (this.#depth === maxDepth) throw new WireError(`messages nested deeper than ${maxDepth} at byte ${start}`);
    this.#depth += 1;
    this.#end = start + length;
    const value = read(this);
    this.#depth -= 1;
    this.#end = outerEnd;
    this.#position = start + length;
    return value;
  }

  /** Invalid UTF-8 becomes U+FFFD: a broken string is no reason to lose the record around it. */
  string(): string {
    const start = this.#advance(this.#varint32());
    return this.#bytes.toString('utf8', start, this.#position);
  }

  /** @returns lower-case hex. */
  hex(): string {
    const start = this.#advance(this.#varint32());
    return this.#bytes.toString('hex', start, this.#position);
  }

  /** @returns base64 with padding. */
  base64(): string {
    const start = this.#advance(this.#varint32());
    return this.#bytes.toString('base64', start, this.#position);
  }

  bool(): boolean {
    return this.int64() !== 0;
  }

  /** An enum or a small count; bits beyond 32 are dropped, as protobuf does. */
  int32(): number {
    return this.#varint32() | 0;
  }

  /** @returns a number, or a decimal string when a number would not be exact. */
  int64(): number | string {
    const start = this.#position;
    let value = 0;
    // 7 bytes of 7 bits stay exact in a double; nearly every value on the wire is shorter.
    for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    this.#position = start;
    const exact = BigInt.asIntN(64, this.#varint64());
    const rounded = Number(exact);
    return Number.isSafeInteger(rounded) ? rounded : exact.toString();
  }

  fixed64(): bigint {
    const at = this.#advance(8);
    const low = this.#bytes.readUInt32LE(at);
    const high = this.#bytes.readUInt32LE(at + 4);
    return BigInt(high) * BigInt(twoTo32) + BigInt(low);
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  #varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new WireError(`varint longer than 10 bytes at byte ${this.#position}`);
  }

  #varint32(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WireError(`varint longer than 10 bytes at byte ${this.#position}`);
  }

  #skipVarint(): void {
    for (let count = 0; count < 10; count += 1) if (this.#byte() < 0x80) return;
    throw new WireError(`varint longer than 10 bytes at byte ${this.#position}`);
  }

  #byte(): number {
    const byte = this.#position < this.#end ? this.#bytes[this.#position] : undefined;
    if (byte === undefined) throw new WireError(`message ends in the middle of a field at byte ${this.#position}`);
    this.#position += 1;
    return byte;
  }

  /** @returns where the bytes stepped over begin. */
  #advance(length: number): number {
    this.#checkRoom(length);
    const start = this.#position;
    this.#position = start + length;
    return start;
  }

  #checkRoom(length: number): void {
    if (length <= this.#end - this.#position) return;
    throw new WireError(
      `field of ${length} bytes at byte ${this.#position}, where ${this.#end - this.#position} are left`,
    );
  }
}
