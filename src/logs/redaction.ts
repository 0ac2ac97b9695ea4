/** Keeps secrets out of log lines: by key, at any depth, and by path from the line's root. */
import { escapeMisleading, isRawJson, rawJson } from './json-text.ts';

/** What stands in the place of a secret; pino's own word for it. */
export const redactedJson = '"[Redacted]"';

/** What the rules say of one field of a line. */
export type FieldRule =
  | { readonly kind: 'plain' }
  /** Nothing of the value is written. */
  | { readonly kind: 'secret' }
  /** Only what is below the value may be secret; the rules for it. */
  | { readonly kind: 'within'; readonly below: readonly (readonly string[])[] };

const plain: FieldRule = { kind: 'plain' };
const secret: FieldRule = { kind: 'secret' };

/** Rules compiled from `REQLENS_LOG_REDACT`. */
export class Redaction {
  readonly #keys: ReadonlySet<string>;
  readonly #paths: readonly (readonly string[])[];
  /** Finds any of the keys in JSON; a quotation mark after a comma or brace cannot be part of a string, where it would be escaped. */
  readonly #anyKey: RegExp | undefined;

  /** @param rules - Keys (`password`, at any depth, in any case) and dot paths from the root (`user.email`, `items.*.card`). */
  constructor(rules: readonly string[]) {
    this.#keys = new Set(rules.filter((rule) => !isPath(rule)).map((rule) => rule.toLowerCase()));
    this.#paths = rules.filter(isPath).map((rule) => rule.toLowerCase().split('.'));
    const keys = [...this.#keys].map((key) => literally(JSON.stringify(key).slice(1, -1)));
    this.#anyKey = keys.length === 0 ? undefined : new RegExp(`[{,]"(?:${keys.join('|')})":`, 'i');
  }

  /** For a field of the line itself. */
  ruleFor(key: string): FieldRule {
    const name = key.toLowerCase();
    if (this.#keys.has(name)) return secret;
    const below = stepInto(this.#paths, name);
    if (below.some((path) => path.length === 0)) return secret;
    return below.length > 0 ? { kind: 'within', below } : plain;
  }

  /** @param json - The value of a field, as JSON. */
  redact(json: string, rule: FieldRule): string {
    if (rule.kind === 'secret') return redactedJson;
    const below = rule.kind === 'within' ? rule.below : [];
    if (below.length === 0 && (this.#anyKey === undefined || !this.#anyKey.test(json))) return json;
    const value: unknown = JSON.parse(json, keepNumbers);
    return escapeMisleading(JSON.stringify(this.#cleaned(value, below)));
  }

  #cleaned(value: unknown, paths: readonly (readonly string[])[]): unknown {
    if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
    if (Array.isArray(value)) return value.map((each, index) => this.#child(each, String(index), paths));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#child(each, key, paths)]));
  }

  #child(value: unknown, key: string, paths: readonly (readonly string[])[]): unknown {
    const name = key.toLowerCase();
    const below = stepInto(paths, name);
    const isSecret = this.#keys.has(name) || below.some((path) => path.length === 0);
    return isSecret ? '[Redacted]' : this.#cleaned(value, below);
  }
}

/** `RegExp.escape` comes with Node 24. */
function literally(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`);
}

function isPath(rule: string): boolean {
  return rule.includes('.');
}

function stepInto(paths: readonly (readonly string[])[], name: string): readonly (readonly string[])[] {
  return paths.filter(([first]) => first === name || first === '*').map(([, ...rest]) => rest);
}

/** Numbers beyond 2^53 would come out rounded (https://github.com/tc39/proposal-json-parse-with-source). */
function keepNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : rawJson(context.source);
}
