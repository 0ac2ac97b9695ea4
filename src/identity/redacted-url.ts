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
    const user = userPart(text);
    if (user === undefined) return this.#withQuery(text);
    const hidden = text.slice(user.start, user.end).includes(':') ? `${redacted}:${redacted}` : redacted;
    return text.slice(0, user.start) + hidden + this.#withQuery(text.slice(user.end));
  }

  #withQuery(text: string): string {
    const query = firstOf(text, ['?', '#', ';']);
    return query < 0 ? text : text.slice(0, query) + this.query(text.slice(query));
  }

  /** `a=1&b=2`, with or without what begins it. */
  query(text: string): string {
    if (this.#names.size === 0 || !text.includes('=')) return text;
    let result = '';
    let copied = 0;
    // Looked for only behind the one before: at each separator it would take the whole rest.
    for (let start = 0, equals = text.indexOf('='); equals >= 0;) {
      let end = endOfPair(text, start);
      if (equals + 1 < end && this.#isSecret(text.slice(start, equals))) {
        end = endOfValue(text, end);
        result += text.slice(copied, equals + 1) + redacted;
        copied = end;
      }
      start = end + 1;
      if (equals < start) equals = text.indexOf('=', start);
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
    // A copy, letter by letter: a piece of a text keeps the whole text in memory.
    this.#seen.set(Buffer.from(name, 'utf16le').toString('utf16le'), isSecret);
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

/** Only ASCII, which is what the list has. Not by decodeURIComponent, which makes an error with a stack of each name that is broken. */
function decoded(name: string): string {
  if (!name.includes('%')) return name;
  return name.replaceAll(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
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

interface UserPart {
  readonly start: number;
  /** Where its `@` is. */
  readonly end: number;
}

/** Of the authority, which is behind `://`, or behind `//` at the beginning: what is before its last `@`. */
function userPart(text: string): UserPart | undefined {
  const scheme = text.startsWith('//') ? 0 : text.indexOf('://') + 1;
  const mark = firstOf(text, ['?', '#']);
  if ((scheme === 0 && !text.startsWith('//')) || (mark >= 0 && mark < scheme)) return undefined;
  const start = scheme + 2;
  const slash = text.indexOf('/', start);
  const authority = text.slice(start, slash < 0 ? text.length : slash);
  const at = authority.lastIndexOf('@', endOfAuthority(authority) - 1);
  return at < 0 ? undefined : { start, end: start + at };
}

/**
 * A `?` or `#` ends it, unless what is before that can be no host: then these are characters of a password that nobody has encoded. A
 * semicolon is one anyway. An `@` behind what was redacted already is one of a query whose slashes went with a secret.
 */
function endOfAuthority(authority: string): number {
  const mark = firstOf(authority, ['?', '#']);
  const end = mark < 0 || !endsInHosts(authority.slice(0, mark)) ? authority.length : mark;
  if (!authority.slice(0, authority.lastIndexOf('@', end - 1) + 1).includes(`=${redacted}`)) return end;
  const query = firstOf(authority, ['?', '#', ';']);
  return query < 0 ? end : query;
}

/** One or, for a replica set, several with commas between them; each may have a port. */
function endsInHosts(authority: string): boolean {
  return authority
    .slice(authority.lastIndexOf('@') + 1)
    .split(',')
    .every((each) => /^(?:\[[^\]]*\]|[^:]*)(?::\d{0,5})?$/.test(each));
}
