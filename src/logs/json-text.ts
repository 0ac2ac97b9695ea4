/** Text as JSON strings that no terminal, editor or line-based reader can misread. Pure. */

/**
 * Beyond what JSON escapes: DEL and the C1 controls, the line separators U+2028 and U+2029, and the marks that reorder text on the
 * screen (https://www.unicode.org/reports/tr9/, https://trojansource.codes). Within JSON they can only occur in strings, where an
 * escape says the same.
 */
const misleading = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** Up to here a loop over the characters is cheaper than the call of `JSON.stringify` (pino has found the same figure). */
const loopLength = 100;

/** @returns The text with its quotation marks. */
export function quoted(text: string): string {
  if (text.length > loopLength) return escapeMisleading(JSON.stringify(text));
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || code >= 0x7f) return escapeMisleading(JSON.stringify(text));
  }
  return `"${text}"`;
}

/** @param json - JSON, as `JSON.stringify` has written it. */
export function escapeMisleading(json: string): string {
  return json.search(misleading) === -1 ? json : json.replaceAll(misleading, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Newer than TypeScript's library (https://github.com/tc39/proposal-json-parse-with-source); every Node that we support has it. */
interface RawJson {
  readonly rawJSON: (text: string) => object;
  readonly isRawJSON: (value: unknown) => boolean;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const json = JSON as JSON & RawJson;

/** @param text - A JSON number of any size. @returns What `JSON.stringify` writes as exactly that. */
export function rawJson(text: string): object {
  return json.rawJSON(text);
}

export function isRawJson(value: object): boolean {
  return json.isRawJSON(value);
}
