/** Which attributes hold secrets, by their names, and what of them may be recorded. Pure but for the objects that it cleans. */
import { UrlRedaction } from './redacted-url.ts';

export interface SecretRules {
  /** `REQLENS_LOG_REDACT`. */
  readonly redact: readonly string[];
  /** `REQLENS_REDACT_QUERY`. */
  readonly redactQuery: readonly string[];
}

/** What stands in the place of a secret attribute, as in log lines. */
const redacted = '[Redacted]';

/** What an attribute's name says of its value. */
type Kind = 'plain' | 'secret' | 'query' | 'path' | 'url' | 'text';

/** Attributes that are an address or end in one's name: `url.full`, `http.url`, `http.request.header.referer`, `db.connection_string`. */
const urlNames =
  /(?:^|[._-])(?:ur[il](?:[._-](?:full|original))?|href|link|location|referer|referrer|target|connection_string|dsn)$/;
/** Messages quote addresses. */
const textNames = /^exception\.(?:message|stacktrace)$|(?:^|[._-])(?:error|message|statement|query\.text)$/;

/** Names are remembered: real programs use some dozens. */
const mostNames = 1000;
const deepest = 8;

export class SecretAttributes {
  readonly #keys: ReadonlySet<string>;
  readonly #urls: UrlRedaction;
  readonly #kinds = new Map<string, Kind>();

  constructor({ redact, redactQuery }: SecretRules) {
    this.#keys = new Set(redact.map(attributeKey));
    this.#urls = new UrlRedaction(redactQuery);
  }

  /** Changes the object itself. */
  clean(attributes: object, depth = 0): void {
    for (const key in attributes) {
      const kind = this.#kinds.get(key) ?? this.#kindOf(key);
      const value: unknown = Reflect.get(attributes, key);
      if (kind !== 'plain' || typeof value === 'object') this.#cleanOne(attributes, key, { kind, value, depth });
    }
  }

  text(text: string): string {
    return this.#urls.text(text);
  }

  #cleanOne(attributes: object, key: string, { kind, value, depth }: Found): void {
    // One that it inherits would become its own: an attribute called `__proto__` sets what they inherit.
    if (!Object.hasOwn(attributes, key)) return;
    const cleaned = this.#cleaned(kind, value, depth);
    if (cleaned !== value) Reflect.set(attributes, key, cleaned);
  }

  #cleaned(kind: Kind, value: unknown, depth: number): unknown {
    if (kind === 'secret') return Array.isArray(value) ? value.map(() => redacted) : redacted;
    if (typeof value === 'string') return this.#cleanedText(kind, value);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth >= deepest) return value;
    if (Array.isArray(value)) return this.#cleanedList(kind, value, depth);
    this.clean(value, depth + 1);
    return value;
  }

  #cleanedList(kind: Kind, list: readonly unknown[], depth: number): unknown {
    if (kind !== 'plain') return list.map((each) => this.#cleaned(kind, each, depth + 1));
    // Maps in it are cleaned where they are.
    for (const each of list) if (typeof each === 'object') this.#cleaned('plain', each, depth + 1);
    return list;
  }

  #cleanedText(kind: Kind, text: string): string {
    switch (kind) {
      case 'query':
        return this.#urls.query(text);
      case 'path':
        return text.includes(';') ? this.#urls.query(text) : text;
      case 'url':
        return this.#urls.url(text);
      case 'text':
        return text.includes('://') ? this.#urls.text(text) : text;
      case 'plain':
      case 'secret':
        return text;
      default:
        return kind satisfies never;
    }
  }

  #kindOf(key: string): Kind {
    const kind = this.#newKind(key.toLowerCase());
    if (this.#kinds.size >= mostNames) this.#kinds.clear();
    this.#kinds.set(key, kind);
    return kind;
  }

  /** The whole name, or its last part: `authorization` also stands for `http.request.header.authorization`. */
  #newKind(key: string): Kind {
    const last = key.slice(key.lastIndexOf('.') + 1);
    if (this.#keys.has(attributeKey(key)) || this.#keys.has(attributeKey(last))) return 'secret';
    if (key === 'url.query') return 'query';
    if (key === 'url.path') return 'path';
    if (urlNames.test(key)) return 'url';
    return textNames.test(key) ? 'text' : 'plain';
  }
}

interface Found {
  readonly kind: Kind;
  readonly value: unknown;
  readonly depth: number;
}

/** Headers have `-` where attributes had `_` once. */
function attributeKey(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
