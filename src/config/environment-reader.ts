/** Reads single variables: unset and blank mean the default, a bad value is reported and means the default too. */
import { accessSync, constants, statSync } from 'node:fs';

import type { ConfigProblem } from './config.ts';
import type { KeyValueList } from './key-value-list.ts';
import type { ParsedRule } from './networks.ts';
import { shownText, withoutCredentials } from './shown-value.ts';
import { booleanRule, orList } from './value-rule.ts';
import type { Chosen, ValueRule } from './value-rule.ts';
import { variables } from './variables.ts';
import type { Variable } from './variables.ts';

/** `process.env`, or what stands for it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface IntegerRule<Fallback extends number | undefined> {
  readonly fallback: Fallback;
  readonly min: number;
  /** Default 2147483647, as the specification asks for; timers of Node reach no further. */
  readonly max?: number;
  /** Shown in the complaint, e.g. `milliseconds`. */
  readonly unit?: string;
}

export interface ChoiceRule<Value extends string, Fallback> {
  readonly values: readonly Value[];
  readonly fallback: Fallback;
  /** What to say of values that others know and we do not, lower case. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** Largest number of the specification's integers, and the longest delay that a timer of Node takes. */
export const maxInteger = 2_147_483_647;

/** https://docs.npmjs.com/cli/configuring-npm/package-json#name; no path, no version, so that only installed packages are loaded. */
const packageName = /^(?:@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/;

const known: ReadonlyMap<string, Variable> = new Map(variables.map((variable) => [variable.name, variable]));

/** Holds the environment and the complaints about it. */
export class EnvironmentReader {
  readonly #env: Environment;
  readonly #problems = new Map<string, ConfigProblem>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** In the order of reading; one per variable and reason. */
  get problems(): readonly ConfigProblem[] {
    return [...this.#problems.values()];
  }

  /** @returns The trimmed value, or undefined when unset or blank. */
  text(variable: string): string | undefined {
    return this.#env[variable]?.trim() || undefined;
  }

  /** Our own booleans: true, 1, yes, on and their opposites, in any case. */
  boolean(variable: string, fallback: boolean): boolean {
    return this.chosen(variable, booleanRule, `${fallback}`).value;
  }

  /**
   * A value as a rule reads it.
   *
   * @param fallback - As one would write it in the environment.
   */
  chosen<Value>(variable: string, rule: ValueRule<Value>, fallback: string): Chosen<Value> {
    const text = this.text(variable) ?? fallback;
    const parsed = rule.parse(text);
    if (parsed !== undefined) return { ...parsed, text };
    this.complain(variable, rule.expected, `${fallback} is used`);
    const usual = rule.parse(fallback);
    if (usual === undefined)
      throw new TypeError(`cannot parse the default ${fallback}: ${variable} and its rule disagree`);
    return { ...usual, text: fallback };
  }

  /** The specification's booleans: only `true`, in any case, is true; anything else is false. */
  specificationBoolean(variable: string): boolean {
    const text = this.text(variable)?.toLowerCase();
    if (text === 'true') return true;
    if (text !== undefined && text !== 'false') this.complain(variable, 'true or false', 'false is used');
    return false;
  }

  integer<Fallback extends number | undefined>(variable: string, rule: IntegerRule<Fallback>): number | Fallback {
    const { fallback, min, max = maxInteger, unit } = rule;
    const text = this.text(variable);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\+?\d+$/.test(text) && value >= min && value <= max) return value;
    const range = `a whole number from ${min} to ${max}${unit ? ` (${unit})` : ''}`;
    this.complain(variable, range, `${fallback ?? 'no limit'} is used`);
    return fallback;
  }

  /** Milliseconds; 0 means no limit in the specification and comes out as the longest delay a timer takes. */
  timeout(variable: string, fallback: number): number {
    return this.integer(variable, { fallback, min: 0, unit: 'milliseconds' }) || maxInteger;
  }

  /** A number from 0 to 1. */
  ratio(variable: string, fallback: number): number {
    const text = this.text(variable);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\+?[\d.]+(?:e-?\d+)?$/i.test(text) && value >= 0 && value <= 1) return value;
    this.complain(variable, 'a number from 0 to 1', `${fallback} is used`);
    return fallback;
  }

  /** One of a few words, in any case, as the specification's enums. */
  oneOf<Value extends string>(variable: string, rule: ChoiceRule<Value, Value>): Value {
    const text = this.text(variable)?.toLowerCase();
    if (text === undefined) return rule.fallback;
    const value = rule.values.find((candidate) => candidate === text);
    if (value === undefined) {
      this.complain(variable, `${orList(rule.values)}${hintFor([text], rule.hints)}`, `${rule.fallback} is used`);
    }
    return value ?? rule.fallback;
  }

  /** Some of a few words, each once, in the order given; `none` alone means an empty list. Unusable words are left out. */
  manyOf<Value extends string>(variable: string, rule: ChoiceRule<Value, readonly Value[]>): readonly Value[] {
    const words = this.text(variable)?.toLowerCase().split(',') ?? [];
    const found = new Set(words.map((word) => word.trim()).filter((word) => word !== ''));
    if (found.size === 0) return rule.fallback;
    if (found.size === 1 && found.has('none')) return [];
    const usable = [...found].flatMap((word) => rule.values.find((candidate) => candidate === word) ?? []);
    if (usable.length === found.size) return usable;
    const used = usable.length > 0 ? usable : rule.fallback;
    const expected = `a list of ${orList(rule.values)}, or none alone${hintFor([...found], rule.hints)}`;
    this.complain(variable, expected, `${used.join(',')} is used`);
    return used;
  }

  /** Names of npm packages, each once, in the order given; unusable ones are left out. */
  packageNames(variable: string): readonly string[] {
    const items = this.text(variable)?.split(',') ?? [];
    const names = new Set(items.map((item) => item.trim()).filter((item) => item !== ''));
    const unusable = [...names].filter((name) => !packageName.test(name));
    if (unusable.length > 0) {
      const expected = 'a list of npm package names such as @opentelemetry/instrumentation-express';
      this.complain(variable, expected, shownText(`the list is used without ${unusable.join(', ')}`));
    }
    return [...names].filter((name) => packageName.test(name));
  }

  /** Pairs as one of the parsers of key-value-list.ts finds them. A list with a mistake in it counts as empty. */
  keyValueList(variable: string, parse: (text: string) => KeyValueList): ReadonlyMap<string, string> {
    const list = parse(this.text(variable) ?? '');
    if (list.isUsable) return list.pairs;
    this.complain(variable, list.expected, 'it is ignored');
    return new Map();
  }

  /** A rule as one of the parsers of networks.ts finds it. Unusable items are left out, so trust never grows by a mistake in a list. */
  rule<Rule>(variable: string, parse: (text: string) => ParsedRule<Rule>, { fallback, expected }: RuleText): Rule {
    const { rule, unusable } = parse(this.text(variable) ?? fallback);
    if (rule && unusable.length === 0) return rule;
    const consequence = rule ? `the list is used without ${unusable.join(', ')}` : `${fallback} is used`;
    this.complain(variable, expected, shownText(consequence));
    return rule ?? this.#mustParse(parse, fallback);
  }

  /** An address with scheme http or https; undefined when unset or unusable. */
  url(variable: string, { allowsBareHost, fallback }: UrlRule): URL | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text);
    const url = URL.parse(hasScheme || !allowsBareHost ? text : `${allowsBareHost}://${text}`);
    if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
    this.complain(variable, 'a URL that begins with http:// or https://', `${fallback} is used`);
    return undefined;
  }

  /** The path of a file that can be read; undefined when unset or unusable. */
  readableFile(variable: string): string | undefined {
    const path = this.text(variable);
    if (path === undefined || isReadableFile(path)) return path;
    this.complain(variable, 'the path of a readable file', 'it is ignored');
    return undefined;
  }

  /** Names that are set and not blank and begin so, in the order of the alphabet. */
  namesWith(prefix: string): readonly string[] {
    return Object.keys(this.#env)
      .filter((name) => name.startsWith(prefix) && this.text(name) !== undefined)
      .toSorted();
  }

  /** Reports a part of a value, or what stands in a file that the variable names. */
  report(problem: ConfigProblem): void {
    const { variable, inFile, value, expected } = problem;
    this.#problems.set(JSON.stringify([variable, inFile?.key, value, expected]), problem);
  }

  /** Reports the variable with its value, once for each reason. */
  complain(variable: string, expected: string, consequence: string): void {
    this.#problems.set(`${variable} ${expected}`, { variable, value: this.#shown(variable), expected, consequence });
  }

  #shown(variable: string): string {
    const text = this.text(variable) ?? '';
    const { isSecret = false, type = '' } = known.get(variable) ?? {};
    if (isSecret) return '***';
    return shownText(type.startsWith('URL') ? withoutCredentials(text) : text);
  }

  #mustParse<Rule>(parse: (text: string) => ParsedRule<Rule>, fallback: string): Rule {
    const { rule } = parse(fallback);
    if (rule === undefined)
      throw new TypeError(`cannot parse the default ${fallback}: the table and the parser disagree`);
    return rule;
  }
}

export interface RuleText {
  /** As one would write it in the environment. */
  readonly fallback: string;
  readonly expected: string;
}

export interface UrlRule {
  /** The scheme of addresses written without one, where such are allowed. */
  readonly allowsBareHost: 'http' | 'https' | undefined;
  /** What the complaint says is used instead. */
  readonly fallback: string;
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    // Missing or not ours to read: the caller complains in both cases.
    return false;
  }
}

function hintFor(words: readonly string[], hints: Readonly<Record<string, string>> = {}): string {
  const hint = words.map((word) => (Object.hasOwn(hints, word) ? hints[word] : undefined)).find((text) => text);
  return hint ? ` (${hint})` : '';
}
