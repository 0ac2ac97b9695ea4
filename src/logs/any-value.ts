/** Makes plain, bounded JSON values of anything that JavaScript can pass: cycles, throwing getters, Proxies, BigInt. Never throws. */

import { rawJson } from './json-text.ts';

export interface ValueBounds {
  /** Characters of one text; the rest is cut, with a mark that says how long it was. */
  readonly textLength: number;
  /** Values in all; what comes after them is left out. */
  readonly count: number;
  /** Levels below the value itself. */
  readonly depth: number;
}

/** As deep and wide as pino goes when it meets a circular object is 5 and 100. */
export const usualBounds: ValueBounds = { textLength: 65_536, count: 10_000, depth: 8 };

/** `object` is a number of any size, as `rawJson` has it. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | object
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** @returns What `JSON.stringify` takes without a complaint. */
export function plainValue(value: unknown, bounds: ValueBounds = usualBounds): PlainValue {
  return new Copy(bounds).of(value, 0);
}

/** A text that is too long, with a mark in the place of its end. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  // Half a surrogate pair would be written as an escape.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length;
  return `${text.slice(0, end)}…[cut, ${text.length} characters]`;
}

/** Bytes of a Buffer or typed array that are written out, one number each as pino does; of a longer one only the beginning is told. */
const maxBinaryBytes = 1024;
const shownBinaryBytes = 32;

/** What `plainValue` does not write out. */
function isLargeBinary(value: unknown): value is ArrayBufferView {
  return ArrayBuffer.isView(value) && value.byteLength > maxBinaryBytes;
}

/**
 * A megabyte would be four of JSON, and hold the event loop for 25 ms as pino writes it (Node 24, November 2026).
 *
 * @returns `[Buffer, 1048576 bytes: 89504e47…]`, with the first 32 bytes in hexadecimal; undefined for everything else.
 */
export function largeBinaryMark(value: unknown): string | undefined {
  if (!isLargeBinary(value)) return undefined;
  const name = Buffer.isBuffer(value) ? 'Buffer' : Object.prototype.toString.call(value).slice(8, -1);
  const first = Buffer.from(value.buffer, value.byteOffset, shownBinaryBytes);
  return `[${name}, ${value.byteLength} bytes: ${first.toString('hex')}…]`;
}

/** How deep and wide a search for large binary values goes; what is beyond is written as pino would. */
const searchDepth = 6;
const searchCount = 2000;

/** Whether there is a large Buffer or typed array in it. Reads no more than so many values; never throws for plain objects. */
export function holdsLargeBinary(value: object): boolean {
  let left = searchCount;
  const search = (each: unknown, depth: number): boolean => {
    left -= 1;
    if (typeof each !== 'object' || each === null || left < 0) return false;
    if (ArrayBuffer.isView(each)) return isLargeBinary(each);
    return depth > 0 && Object.values(each).some((below) => search(below, depth - 1));
  };
  return search(value, searchDepth);
}

class Copy {
  readonly #bounds: ValueBounds;
  readonly #above = new Set<object>();
  #left: number;

  constructor(bounds: ValueBounds) {
    this.#bounds = bounds;
    this.#left = bounds.count;
  }

  of(value: unknown, depth: number): PlainValue {
    this.#left -= 1;
    switch (typeof value) {
      case 'string':
        return cutText(value, this.#bounds.textLength);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'boolean':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, depth);
      case 'function':
        return '[Function]';
      case 'bigint':
        return rawJson(String(value));
      case 'symbol':
      case 'undefined':
      default:
        return String(value);
    }
  }

  #object(value: object, depth: number): PlainValue {
    if (this.#above.has(value)) return '[Circular]';
    const binary = largeBinaryMark(value);
    if (binary !== undefined) return binary;
    if (depth >= this.#bounds.depth) return Array.isArray(value) ? '[Array]' : '[Object]';
    this.#above.add(value);
    try {
      if (Array.isArray(value)) return this.#array(value, depth);
      return value instanceof Error ? this.#error(value, depth) : this.#fields(value, depth);
    } catch (error) {
      return unreadable(error);
    } finally {
      this.#above.delete(value);
    }
  }

  #array(values: readonly unknown[], depth: number): PlainValue {
    const copy: PlainValue[] = [];
    for (let index = 0; index < values.length; index += 1) {
      if (this.#left <= 0) return [...copy, `…[cut, ${values.length} values]`];
      copy.push(this.#read(() => values[index], depth));
    }
    return copy;
  }

  #fields(value: object, depth: number): PlainValue {
    const keys = Object.keys(value);
    const copy: Record<string, PlainValue> = Object.create(null);
    for (const key of keys) {
      if (this.#left <= 0) {
        copy['…'] = `[cut, ${keys.length} keys]`;
        break;
      }
      const field = this.#read(() => Reflect.get(value, key), depth);
      copy[cutText(key, 256)] = field;
    }
    return copy;
  }

  /** What a log of an error is for, whatever of it can be read. */
  #error(error: Error, depth: number): PlainValue {
    const type = this.#read(() => error.constructor.name, depth);
    const message = this.#read(() => error.message, depth);
    const stack = this.#read(() => error.stack, depth);
    const own = this.#fields(error, depth);
    return { type, message, stack, ...(isRecord(own) ? own : {}) };
  }

  #read(get: () => unknown, depth: number): PlainValue {
    try {
      return this.of(get(), depth + 1);
    } catch (error) {
      return unreadable(error);
    }
  }
}

/** Even the message of what was thrown may be a getter that throws. */
export function unreadable(error: unknown): string {
  try {
    return cutText(`[cannot be read: ${error instanceof Error ? error.message : String(error)}]`, 200);
  } catch {
    // Neither the value nor the reason can be had.
    return '[cannot be read]';
  }
}

function isRecord(value: PlainValue): value is { readonly [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
