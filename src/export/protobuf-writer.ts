/** Writes protobuf fields one after the other into a buffer that grows. Knows the wire format, not OTLP. */

/** The least that is held between two messages. */
const initialBytes = 16 * 1024;
/** The most. A batch of 512 server spans takes 300 to 400 KiB. */
const keptBytes = 1024 * 1024;

/** Longest text that a loop writes: Buffer.write takes 25 to 70 ns whatever the length, a loop 1.4 ns a character (Node 24, busy machine). */
const longestLooped = 16;
/** Up to here a length takes one byte. */
const longestShort = 127;
/** Beyond, the exact length is worth a pass over the text: three bytes for each character would be much memory. */
const longestGuessed = 4096;

const two32 = 2 ** 32;

/** What a hex digit stands for, by its character code, and what none does. */
const noDigit = 16;
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  return code >= 97 && code <= 102 ? code - 87 : noDigit;
});

export class ProtobufWriter {
  #text = Buffer.allocUnsafeSlow(initialBytes);
  /** The same memory. */
  #bytes = new Uint8Array(this.#text.buffer);
  #view = new DataView(this.#text.buffer);
  #at = 0;

  /** Begins a new message; the one before is forgotten. */
  start(): void {
    this.#at = 0;
  }

  /**
   * @returns The message, nobody else's from now on. A big one is the buffer itself: copying it took a fifth of the time that encoding
   * did, mostly for new pages of memory. The next message gets a buffer that the same again would fit into.
   * @throws RangeError when a field was written without room for it: never, unless this class is wrong.
   */
  finish(): Uint8Array {
    if (this.#at > this.#bytes.length) {
      throw new RangeError(`cannot finish a message of ${this.#at} bytes: the buffer must hold it`);
    }
    const isFull = this.#at > this.#bytes.length / 2;
    const message = isFull ? this.#bytes.subarray(0, this.#at) : this.#bytes.slice(0, this.#at);
    if (isFull || this.#bytes.length > keptBytes) {
      this.#use(Math.max(initialBytes, Math.min(keptBytes, this.#at + (this.#at >>> 2))));
    }
    this.#at = 0;
    return message;
  }

  /** One byte as it is: a tag of a field below 16, a flag. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  /** Any integer that a number can hold; a negative one takes ten bytes, as int64 has it. */
  varint(value: number): void {
    this.#reserve(10);
    if (value >= 0 && value < two32) {
      let rest = value >>> 0;
      while (rest > 127) {
        this.#bytes[this.#at++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      this.#bytes[this.#at++] = rest;
    } else {
      this.#longVarint(value);
    }
  }

  /** An integer that needs all of an int64. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.byte(Number(rest & 127n) | 128);
    this.byte(Number(rest));
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  fixed64(low: number, high: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#at, low, true);
    this.#view.setUint32(this.#at + 4, high, true);
    this.#at += 8;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** The bytes alone, without their length. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    if (length > longestLooped) {
      this.#bytes.set(bytes, this.#at);
    } else {
      for (let index = 0; index < length; index += 1) this.#bytes[this.#at + index] = bytes[index] ?? 0;
    }
    this.#at += length;
  }

  /**
   * A message of two fields: one that is encoded already, and one that holds a message with the text as its field 1. All in one go,
   * because that is what most of OTLP consists of.
   *
   * @param start - The first field, and the tag of the second.
   * @returns Whether it was written: only if the text is ASCII and all lengths take one byte, so that they are known beforehand.
   */
  shortText(start: Uint8Array, text: string): boolean {
    const { length } = text;
    const startLength = start.length;
    const total = startLength + length + 3;
    if (total > longestShort) return false;
    this.#reserve(1 + startLength + 3 + length * 3);
    const bytes = this.#bytes;
    const at = this.#at + 1;
    for (let index = 0; index < startLength; index += 1) bytes[at + index] = start[index] ?? 0;
    const textAt = at + startLength + 3;
    if (!this.#ascii(text, textAt)) return false;
    bytes[at - 1] = total;
    bytes[textAt - 3] = length + 2;
    bytes[textAt - 2] = 0x0a;
    bytes[textAt - 1] = length;
    this.#at = textAt + length;
    return true;
  }

  /** Length and UTF-8; a surrogate without its other half becomes U+FFFD. */
  string(text: string): void {
    const { length } = text;
    this.#reserve(5 + (length > longestGuessed ? Buffer.byteLength(text) : length * 3));
    if (length <= longestShort && this.#ascii(text, this.#at + 1)) {
      this.#bytes[this.#at] = length;
      this.#at += 1 + length;
      return;
    }
    const room = varintBytes(length);
    const start = this.open(room);
    this.#at += this.#text.write(text, start);
    this.close(start, room);
  }

  /**
   * Length and bytes of hex digits, two for each byte.
   *
   * @returns Whether these were all digits, and as many as the bytes take; else what was written is of no use.
   */
  hex(text: string, length: number): boolean {
    if (text.length !== length * 2) return false;
    this.varint(length);
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#at;
    let seen = 0;
    for (let index = 0; index < length; index += 1) {
      const high = digitAt(text, index * 2);
      const low = digitAt(text, index * 2 + 1);
      seen |= high | low;
      bytes[at + index] = (high << 4) | low;
    }
    this.#at = at + length;
    return (seen & ~15) === 0;
  }

  /** Where the next field will be, for `goBack`. */
  get position(): number {
    return this.#at;
  }

  /** Forgets what was written since. */
  goBack(position: number): void {
    this.#at = position;
  }

  /**
   * Begins something that its length goes before.
   *
   * @param room - Bytes that its length will probably take; a wrong guess costs a move of what was written.
   * @returns For `close`, with the same room.
   */
  open(room: number): number {
    this.#reserve(room);
    this.#at += room;
    return this.#at;
  }

  /** Ends what `open` began, and writes its length before it. */
  close(start: number, room: number): void {
    const length = this.#at - start;
    const needed = varintBytes(length);
    if (needed !== room) {
      this.#reserve(needed);
      this.#bytes.copyWithin(start - room + needed, start, this.#at);
    }
    const end = start - room + needed + length;
    this.#at = start - room;
    this.varint(length);
    this.#at = end;
  }

  /** The two halves are taken apart without BigInt, which allocates. */
  #longVarint(value: number): void {
    const size = Math.abs(value);
    let low = size >>> 0;
    let high = (size / two32) >>> 0;
    if (!(value >= 0)) {
      low = (~low + 1) >>> 0;
      high = low === 0 ? (~high + 1) >>> 0 : ~high >>> 0;
    }
    while (high > 0 || low > 127) {
      this.#bytes[this.#at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#at++] = low & 127;
  }

  /** Writes the text, which there must be room for, without going on behind it; false when it is not all ASCII. */
  #ascii(text: string, at: number): boolean {
    const { length } = text;
    // Every character beyond ASCII takes at least two bytes.
    if (length > longestLooped) return this.#text.write(text, at) === length;
    const bytes = this.#bytes;
    let seen = 0;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      seen |= code;
      bytes[at + index] = code;
    }
    return seen < 128;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(this.#at + bytes);
  }

  #grow(needed: number): void {
    const written = this.#bytes.subarray(0, this.#at);
    this.#use(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.set(written);
  }

  #use(bytes: number): void {
    // Memory of its own, not zeroed: that would touch every page of it once more.
    this.#text = Buffer.allocUnsafeSlow(bytes);
    this.#bytes = new Uint8Array(this.#text.buffer);
    this.#view = new DataView(this.#text.buffer);
  }
}

function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return digits[code] ?? noDigit;
}

export function varintBytes(length: number): number {
  if (length < 128) return 1;
  if (length < 16_384) return 2;
  if (length < 2_097_152) return 3;
  return length < 268_435_456 ? 4 : 5;
}
