/** Whatever an application can pass as a value, and what a receiver must find of it. */
import * as fc from 'fast-check';

/** Any UTF-16, lone surrogates, NUL and U+FFFE too. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 20 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('', '\uD800', '\uDC00\uD800', '\0', '\uFFFE', '\u2028', '__proto__', 'é'.repeat(200)),
);

export const number: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(
    Number.NaN, Infinity, -Infinity, 0, -0, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 2 ** 63, 2 ** 64, 1e21, 1e300, 5e-324,
  ), // prettier-ignore
);

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(2n ** 63n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 63n) - 1n),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.float64Array({ maxLength: 5 }),
  fc.constantFrom(undefined, null, Symbol('s'), () => 1, new Error('e'), new ArrayBuffer(3)),
);

/** Nested up to five levels. */
export const value: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  ),
})).any;

export const attributes: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(text, value, { maxKeys: 8 });

/** Seconds and nanoseconds, not only possible ones. */
export const time: fc.Arbitrary<[number, number]> = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999_999_999 })),
  fc.tuple(number, number),
);

type Json = Readonly<Record<string, unknown>>;

/** KeyValues by protobuf's JSON mapping, which leaves out what is empty; an attribute without a name is left out. */
export function expectedAttributes(given: object): readonly Json[] {
  return keyValues(given).filter(({ key }) => key !== undefined);
}

function keyValues(given: object): readonly Json[] {
  return Object.entries(given).map(([key, each]) => ({
    ...(key === '' ? {} : { key: key.toWellFormed() }),
    value: expectedValue(each),
  }));
}

export function expectedValue(given: unknown): Json {
  switch (typeof given) {
    case 'string':
      return { stringValue: given.toWellFormed() };
    case 'boolean':
      return { boolValue: given };
    case 'number':
      return expectedNumber(given);
    case 'bigint':
      return BigInt.asIntN(64, given) === given ? { intValue: String(given) } : { stringValue: String(given) };
    case 'object':
      return given === null ? {} : expectedObject(given);
    case 'undefined':
    case 'function':
    case 'symbol':
    default:
      return {};
  }
}

function expectedNumber(given: number): Json {
  if (Number.isInteger(given) && given >= -(2 ** 63) && given < 2 ** 63) return { intValue: String(BigInt(given)) };
  return { doubleValue: Number.isFinite(given) ? given : String(given) };
}

function expectedObject(given: object): Json {
  if (given instanceof Uint8Array) return { bytesValue: Buffer.from(given).toString('base64') };
  if (given instanceof ArrayBuffer) return { bytesValue: Buffer.from(given).toString('base64') };
  if (given instanceof Date) {
    return { stringValue: Number.isNaN(given.getTime()) ? 'Invalid Date' : given.toISOString() };
  }
  if (given instanceof Error) return { stringValue: String(given) };
  const list = given instanceof Float64Array ? [...given] : given;
  if (Array.isArray(list)) return { arrayValue: list.length === 0 ? {} : { values: list.map(expectedValue) } };
  const values = keyValues(given);
  return { kvlistValue: values.length === 0 ? {} : { values } };
}
