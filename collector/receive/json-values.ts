/** Single values of OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Absent and null mean the default. */
import type { Attributes, AttributeValue } from '../store/telemetry-store.ts';
import { DecodeError, numberValue, type OpenAttributes, setAttribute } from './decoded.ts';

/** As protobuf: deeper values are refused. JSON.parse itself has no such limit. */
const maxDepth = 100;

type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws DecodeError when the field is neither absent nor an array of objects. */
export function listOf(parent: JsonObject, field: string): readonly JsonObject[] {
  const value = parent[field] ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) throw new DecodeError(`${field}: expected an array of objects`);
  return value;
}

/** @throws DecodeError when the field is neither absent nor an object. */
export function objectOf(parent: JsonObject, field: string): JsonObject {
  const value = parent[field] ?? {};
  if (!isObject(value)) throw new DecodeError(`${field}: expected an object`);
  return value;
}

/** @throws DecodeError when the field is neither absent nor a string. */
export function stringOf(parent: JsonObject, field: string): string {
  const value = parent[field] ?? '';
  if (typeof value !== 'string') throw new DecodeError(`${field}: expected a string`);
  return value;
}

/** Ids are hex in OTLP/JSON, in any case. @throws DecodeError when the field is no string. */
export const hexOf = (parent: JsonObject, field: string): string => stringOf(parent, field).toLowerCase();

/** Nanoseconds as a string or a number. @throws DecodeError when it is neither or below 0. */
export function unixNanoOf(parent: JsonObject, field: string): bigint {
  const value = parent[field] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
  throw new DecodeError(`${field}: expected nanoseconds as a whole number or a string of digits`);
}

/** An enum as its number or its name; an unknown name is 0. @throws DecodeError when it is neither. */
export function enumOf(parent: JsonObject, field: string, names: Readonly<Record<string, number>>): number {
  const value = parent[field] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'string') return Object.hasOwn(names, value) ? (names[value] ?? 0) : 0;
  throw new DecodeError(`${field}: expected a number or a name`);
}

/** A list of KeyValue. @throws DecodeError when it is not one. */
export function attributesOf(parent: JsonObject, field: string, depth = 0): Attributes {
  const attributes: OpenAttributes = {};
  for (const entry of listOf(parent, field)) {
    setAttribute(attributes, stringOf(entry, 'key'), anyValue(entry['value'], depth + 1));
  }
  return attributes;
}

/** An AnyValue; one that is not set reads as the empty string. @throws DecodeError when it is not one. */
export function anyValue(value: unknown, depth = 0): AttributeValue {
  if (value === undefined || value === null) return '';
  if (!isObject(value)) throw new DecodeError('value: expected an object such as {"stringValue": "a"}');
  if (depth > maxDepth) throw new DecodeError(`value: nested deeper than ${maxDepth}`);
  const set = Object.entries(value).find(([name, content]) => readers.has(name) && content !== null);
  if (set === undefined) return '';
  return readers.get(set[0])?.(set[1], depth) ?? '';
}

type ValueReader = (content: unknown, depth: number) => AttributeValue;

const readers: ReadonlyMap<string, ValueReader> = new Map<string, ValueReader>([
  ['stringValue', (content) => expected(content, 'string', 'stringValue')],
  ['boolValue', (content) => expected(content, 'boolean', 'boolValue')],
  ['intValue', integerValue],
  ['doubleValue', doubleValue],
  ['bytesValue', (content) => expected(content, 'string', 'bytesValue')],
  ['arrayValue', arrayValue],
  ['kvlistValue', keyValueList],
]);

function arrayValue(content: unknown, depth: number): AttributeValue {
  if (!isObject(content)) throw new DecodeError('arrayValue: expected an object');
  return listOf(content, 'values').map((inner) => anyValue(inner, depth + 1));
}

function keyValueList(content: unknown, depth: number): AttributeValue {
  if (!isObject(content)) throw new DecodeError('kvlistValue: expected an object');
  return attributesOf(content, 'values', depth);
}

function expected(content: unknown, type: 'string' | 'boolean', field: string): string | boolean {
  if (typeof content === type && (typeof content === 'string' || typeof content === 'boolean')) return content;
  throw new DecodeError(`${field}: expected a ${type}`);
}

function integerValue(content: unknown): number | string {
  if (typeof content === 'number' && Number.isInteger(content)) return content;
  if (typeof content === 'string' && /^-?\d{1,19}$/.test(content)) {
    const rounded = Number(content);
    return Number.isSafeInteger(rounded) ? rounded : BigInt(content).toString();
  }
  throw new DecodeError('intValue: expected a whole number or a string of digits');
}

function doubleValue(content: unknown): number | string {
  if (typeof content === 'number') return content;
  const isNumeral =
    typeof content === 'string' && /^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(content);
  if (isNumeral) return numberValue(Number(content));
  throw new DecodeError('doubleValue: expected a number');
}
