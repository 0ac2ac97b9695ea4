/** How the fields of a line are named and written: our names cannot be taken, secrets stay out, and nothing throws. */
import { cutText, holdsLargeBinary, largeBinaryMark, plainValue, unreadable, usualBounds } from './any-value.ts';
import type { ValueBounds } from './any-value.ts';
import { escapeMisleading, quoted } from './json-text.ts';
import { redactedJson } from './redaction.ts';
import type { FieldRule, Redaction } from './redaction.ts';

/** Every line has these from us. A field of the application's with such a name is written as `app.<name>`, and so misleads nobody. */
const ownNames: ReadonlySet<string> = new Set([
  'level',
  'time',
  'logger',
  'pid',
  'hostname',
  'request_id',
  'trace_id',
  'span_id',
  'trace_flags',
  'account_id',
  'user_id',
]);

/** @returns The name under which a field of the application's is written. */
export function fieldName(key: string): string {
  return ownNames.has(key) ? `app.${key}` : key;
}

interface KnownKey {
  /** `,"name":` */
  readonly json: string;
  readonly rule: FieldRule;
}

/** Applications use the same few keys again and again; one that makes them up must not fill the memory. */
const maxKnownKeys = 2000;

/** What the settings make of keys and values. */
export class LineFields {
  readonly #redaction: Redaction;
  readonly #maxTextLength: number;
  readonly #known = new Map<string, KnownKey>();

  /** @param maxLineLength - A text alone may take half of it. */
  constructor(redaction: Redaction, maxLineLength: number) {
    this.#redaction = redaction;
    this.#maxTextLength = Math.floor(maxLineLength / 2);
  }

  /** @param bounds - When the line has become too long. @returns `,"key":value`, or an empty text when there is nothing to write. */
  field(key: string, value: unknown, bounds?: ValueBounds): string {
    const known = this.#known.get(key) ?? this.#learn(key);
    if (known.rule.kind === 'secret') return known.json + redactedJson;
    const json = this.#value(value, bounds);
    if (json === undefined) return '';
    const isFlat = typeof value !== 'object';
    return known.json + (isFlat ? json : this.#redaction.redact(json, known.rule));
  }

  /** @param json - Ready JSON, from a stringifier of the logger's own. */
  readyField(key: string, json: string): string {
    const known = this.#known.get(key) ?? this.#learn(key);
    return known.json + this.#redaction.redact(escapeMisleading(json), known.rule);
  }

  /** @returns The message as JSON; the application may pass anything. */
  message(value: unknown, bounds?: ValueBounds): string | undefined {
    return this.#value(value, bounds);
  }

  #value(value: unknown, bounds: ValueBounds | undefined): string | undefined {
    switch (typeof value) {
      case 'string':
        return quoted(cutText(value, bounds?.textLength ?? this.#maxTextLength));
      case 'number':
        return Number.isFinite(value) ? String(value) : 'null';
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'symbol':
        return quoted(String(value));
      case 'object':
        return value === null ? 'null' : structured(value, bounds);
      case 'undefined':
      case 'function':
      default:
        return undefined;
    }
  }

  #learn(key: string): KnownKey {
    const name = fieldName(key);
    const known = { json: `,${quoted(cutText(name, 256))}:`, rule: this.#redaction.ruleFor(key) };
    if (this.#known.size < maxKnownKeys) this.#known.set(key, known);
    return known;
  }
}

/** Characters; only a longer text can hold a Buffer or typed array that has to be cut (2 characters a byte at least), and is worth a search. */
const longJson = 2048;

/** JSON's own way when it works; else whatever can be had. */
function structured(value: object, bounds: ValueBounds | undefined): string | undefined {
  const binary = largeBinaryMark(value);
  if (binary !== undefined) return quoted(binary);
  if (bounds !== undefined) return escapeMisleading(JSON.stringify(plainValue(value, bounds)));
  try {
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- a `toJSON` may answer undefined
    const json: string | undefined = JSON.stringify(value);
    if (json === undefined) return undefined;
    const isWhole = json.length < longJson || !holdsLargeBinary(value);
    return escapeMisleading(isWhole ? json : JSON.stringify(value, withBinaryCut));
  } catch {
    // A cycle, a BigInt, a getter that throws: each value is looked at by itself.
    return escapeMisleading(JSON.stringify(plainValue(value, usualBounds)));
  }
}

/** For `JSON.stringify`, which has called `toJSON` by then: the holder still has the Buffer itself. */
function withBinaryCut(this: unknown, key: string, value: unknown): unknown {
  return largeBinaryMark(Reflect.get(Object(this), key)) ?? value;
}

/** The name and value of every own enumerable property, read one by one; a Proxy may refuse to list them. */
export function readFields(source: object): readonly (readonly [string, unknown])[] {
  try {
    return Object.keys(source).map((key) => [key, readField(source, key)] as const);
  } catch (error) {
    return [['log_error', `fields ${unreadable(error)}`]];
  }
}

function readField(source: object, key: string): unknown {
  try {
    return Reflect.get(source, key);
  } catch (error) {
    return unreadable(error);
  }
}
