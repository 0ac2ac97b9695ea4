/** `name=value,name=value` with percent-encoding, the W3C baggage format without metadata. Pure. */

/** Either every pair, or what is wrong with the first bad one; never a part of the list. */
export type KeyValueList =
  | { readonly isUsable: true; readonly pairs: ReadonlyMap<string, string> }
  | { readonly isUsable: false; readonly expected: string };

const listForm = 'name=value pairs with commas between them';

/**
 * The specification wants the whole variable discarded when one member cannot be decoded
 * (https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable).
 * A value may contain `=`, because tokens in base64 end in it and people paste them as they are.
 */
export function parseKeyValueList(text: string): KeyValueList {
  const pairs = new Map<string, string>();
  for (const member of text.split(',')) {
    if (member.trim() === '') continue;
    const pair = parsePair(member);
    if (pair === undefined) return { isUsable: false, expected: `${listForm}, percent-encoded where needed` };
    pairs.set(...pair);
  }
  return { isUsable: true, pairs };
}

/** The same, with names and values that HTTP can carry. Names come out in lower case. */
export function parseHeaderList(text: string): KeyValueList {
  const list = parseKeyValueList(text);
  if (!list.isUsable) return list;
  for (const [name, value] of list.pairs) {
    if (!isFieldName(name)) return { isUsable: false, expected: `${listForm}, each name a valid HTTP header name` };
    if (!isFieldValue(value)) {
      return { isUsable: false, expected: `${listForm}, each value without control or non-Latin characters` };
    }
  }
  return { isUsable: true, pairs: new Map([...list.pairs].map(([name, value]) => [name.toLowerCase(), value])) };
}

/** A token of RFC 9110, section 5.6.2. */
export function isFieldName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name);
}

/** RFC 9110, section 5.5, as Node checks it. */
function isFieldValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function parsePair(member: string): [string, string] | undefined {
  const equals = member.indexOf('=');
  const name = decoded(member.slice(0, Math.max(equals, 0)).trim());
  const value = decoded(member.slice(equals + 1).trim());
  return name && value !== undefined ? [name, value] : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % or bytes that are not UTF-8: the caller reports the whole list.
    return undefined;
  }
}
