/** How one value is written and read, for variables and for the keys of a logger alike. Pure. */

/** In a box, because `undefined` is a value too, e.g. no limit. */
interface Parsed<Value> {
  readonly value: Value;
}

export interface ValueRule<Value> {
  /** For complaints: what would have been right. */
  readonly expected: string;
  /** @returns Undefined when the text (trimmed, not blank) is no such value. */
  readonly parse: (text: string) => Parsed<Value> | undefined;
}

/** A value with the text it was made from, which complaints show when it stands in for a bad one. */
export interface Chosen<Value> extends Parsed<Value> {
  readonly text: string;
}

/** One of a few words, in any case. */
export function wordRule<Value extends string>(words: readonly Value[]): ValueRule<Value> {
  return mappedRule(new Map(words.map((word) => [word, word])));
}

/** Words that stand for something, in any case. */
export function mappedRule<Value>(words: ReadonlyMap<string, Value>): ValueRule<Value> {
  return {
    expected: orList([...words.keys()]),
    parse: (text) => {
      const found = [...words].find(([word]) => word === text.toLowerCase());
      return found && { value: found[1] };
    },
  };
}

/** Our own booleans: true, 1, yes, on and their opposites, in any case. */
export const booleanRule: ValueRule<boolean> = mappedRule(
  new Map([
    ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
    ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
  ]),
);

/** @param words - Stand for "no limit" beside what the rule reads; complaints show the first. */
export function orUnlimited<Value>(
  rule: ValueRule<Value>,
  words: readonly string[] = ['unlimited'],
): ValueRule<Value | undefined> {
  return {
    expected: `${rule.expected}, or ${words[0]}`,
    parse: (text) => (words.includes(text.toLowerCase()) ? { value: undefined } : rule.parse(text)),
  };
}

export function wholeNumberRule(min: number, max: number): ValueRule<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = Number(text);
      return /^\+?\d+$/.test(text) && value >= min && value <= max ? { value } : undefined;
    },
  };
}

/** @returns `a, b or c`. */
export function orList(values: readonly string[]): string {
  return values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : values.join('');
}
