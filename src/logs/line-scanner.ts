/**
 * Reads the fields of the most common lines from their text; all others are left to JSON.parse. From line to bytes that took 1.8 us,
 * 3.1 with JSON.parse (Node 24, November 2026; bench/encoding.ts). Pure.
 */
import { ownAttributePrefix } from './line-attributes.ts';

/** A name and its value, in turn. */
export type OwnFields = (string | number | boolean | null)[];

export interface Scanned {
  /** Without the message. */
  readonly fields: OwnFields;
  readonly message: string | undefined;
}

const [quote, comma, colon, openingBracket, backslash, openingBrace, closingBrace] = [
  0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x7b, 0x7d,
];

/** Where something ends, and what it was. */
interface Found<Value> {
  readonly value: Value;
  /** Of the character behind it. */
  readonly end: number;
}

/**
 * @param json - The fields as our writer has made them, each with a comma before it, to the line's closing brace.
 * @returns Undefined when something is in it that only JSON.parse reads: a list, an object, an error, an escape in a key.
 */
export function scannedFields(json: string): Scanned | undefined {
  const fields: OwnFields = [];
  let message: string | undefined;
  let at = 0;
  while (json.charCodeAt(at) === comma) {
    const keyEnd = json.indexOf('"', at + 2);
    const key = json.slice(at + 2, keyEnd);
    const found = json.charCodeAt(keyEnd + 1) !== colon || !isPlainKey(key) ? undefined : valueAt(json, keyEnd + 2);
    if (found === undefined) return undefined;
    at = found.end;
    if (key !== 'msg') fields.push(key, found.value);
    else if (typeof found.value === 'string') message = found.value;
    else return undefined;
  }
  return json.charCodeAt(at) === closingBrace ? { fields, message } : undefined;
}

/** Errors become several attributes, and some names others; what has an escape in it may not end where it seems to. */
function isPlainKey(key: string): boolean {
  return (
    key !== '' && key !== 'err' && key !== '__proto__' && !key.startsWith(ownAttributePrefix) && !key.includes('\\')
  );
}

function valueAt(json: string, start: number): Found<OwnFields[number]> | undefined {
  if (json.charCodeAt(start) === quote) return textAt(json, start);
  let end = start;
  for (let code = json.charCodeAt(end); code !== comma && code !== closingBrace; code = json.charCodeAt(end)) {
    if (!(code < openingBrace) || code === quote || code === openingBracket) return undefined;
    end += 1;
  }
  const value = literal(json.slice(start, end));
  return value === undefined ? undefined : { value, end };
}

/** @param start - Of the quotation mark. */
function textAt(json: string, start: number): Found<string> | undefined {
  let end = json.indexOf('"', start + 1);
  while (end > 0 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  if (end < 0) return undefined;
  const text = json.slice(start + 1, end);
  return { value: text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text, end: end + 1 };
}

/** By an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}

function literal(text: string): number | boolean | null | undefined {
  if (text === 'true') return true;
  if (text === 'false') return false;
  // oxlint-disable-next-line unicorn/no-null -- JSON has it
  if (text === 'null') return null;
  const number = Number(text);
  return text === '' || Number.isNaN(number) ? undefined : number;
}
