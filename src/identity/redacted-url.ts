/** Keeps secrets out of addresses that are recorded: parameters by their names, and user names with passwords. Pure. */

const redacted = 'REDACTED';

/** Names seen, each with whether it is secret. Clients can make up any number of them. */
const mostNames = 1000;
const longestName = 100;

/** By `REQLENS_REDACT_QUERY`. What is no secret stays as it is, byte for byte. */
export class UrlRedaction {
  readonly #names: ReadonlySet<string>;
  readonly #seen = new Map<string, boolean>();

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map(parameterKey));
  }

  /** A whole address, or a path with a query. A fragment is read as a query too: OAuth's implicit flow has its tokens there. */
  url(text: string): string {
    const query = firstOf(text, ['?', '#', ';']);
    const start = withoutUser(query < 0 ? text : text.slice(0, query));
    return query < 0 ? start : start + this.query(text.slice(query));
  }

  /** `a=1&b=2`, with or without what begins it. */
  query(text: string): string {
    if (this.#names.size === 0 || !text.includes('=')) return text;
    let result = '';
    let copied = 0;
    for (let start = 0; start <= text.length;) {
      let end = endOfPair(text, start);
      const equals = text.indexOf('=', start);
      if (equals >= 0 && equals < end && equals + 1 < end && this.#isSecret(text.slice(start, equals))) {
        end = endOfValue(text, end);
        result += text.slice(copied, equals + 1) + redacted;
        copied = end;
      }
      // What is left has no value any more; looking for one at each separator would take the whole rest each time.
      if (equals < 0) break;
      start = end + 1;
    }
    return copied === 0 ? text : result + text.slice(copied);
  }

  /** Every address in a text, e.g. in the message of an error. */
  text(text: string): string {
    let result = '';
    let copied = 0;
    for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', copied)) {
      const end = endOfAddress(text, at + 3);
      result += text.slice(copied, at) + this.url(text.slice(at, end));
      copied = end;
    }
    return copied === 0 ? text : result + text.slice(copied);
  }

  #isSecret(name: string): boolean {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const isSecret = partsOf(name.slice(0, 1000)).some((part) => this.#names.has(parameterKey(part)));
    if (name.length > longestName) return isSecret;
    if (this.#seen.size >= mostNames) this.#seen.clear();
    this.#seen.set(name, isSecret);
    return isSecret;
  }
}

/** `X-Amz-Signature`, `x_amz_signature` and `xAmzSignature` are one name. */
function parameterKey(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}

/** Of `filter[password]`, `user.password`, `password[]`: each. */
function partsOf(name: string): readonly string[] {
  return decoded(name).split(/[[\].\s]/);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // A lone % or bytes that are not UTF-8: what is plain of it is what counts.
    return name.replaceAll(/%([2-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  }
}

const separators: ReadonlySet<string> = new Set(['&', ';', '?', '#']);

function endOfPair(text: string, from: number): number {
  let end = from;
  while (end < text.length && !separators.has(text.charAt(end))) end += 1;
  return end;
}

/** A semicolon may stand in a value: it ends one only when another parameter follows. */
function endOfValue(text: string, end: number): number {
  let valueEnd = end;
  while (text.charAt(valueEnd) === ';') {
    const next = endOfPair(text, valueEnd + 1);
    if (text.slice(valueEnd, next).includes('=')) break;
    valueEnd = next;
  }
  return valueEnd;
}

function firstOf(text: string, characters: readonly string[]): number {
  const found = characters.map((character) => text.indexOf(character)).filter((at) => at >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Few: what is taken for a part of the secret is lost, what is not would be shown. */
const endsAddress: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r', '"', "'", '`', '<', '>']);

function endOfAddress(text: string, from: number): number {
  let end = from;
  while (end < text.length && !endsAddress.has(text.charAt(end))) end += 1;
  return end;
}

/** The authority ends at the first slash behind `//`; a user's part of it ends at its last `@`. */
function withoutUser(text: string): string {
  const slashes = text.indexOf('//');
  if (slashes < 0) return text;
  const start = slashes + 2;
  const slash = text.indexOf('/', start);
  const end = slash < 0 ? text.length : slash;
  const at = text.lastIndexOf('@', end - 1);
  if (at < start) return text;
  const hasPassword = text.slice(start, at).includes(':');
  return `${text.slice(0, start)}${hasPassword ? `${redacted}:${redacted}` : redacted}${text.slice(at)}`;
}
