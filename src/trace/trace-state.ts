/** An incoming `tracestate` as the specification has it (https://www.w3.org/TR/trace-context-2/#tracestate-header). Pure. */
import type { TraceState } from '@opentelemetry/api';

const maxMembers = 32;

/** What every vendor has to pass on; what is longer is cut by the specification's rule (#tracestate-limits). */
const maxLength = 512;

/** Entries longer than this go first when something has to. */
const longEntry = 128;

/** Level 2's key: `@` is a character like any other, save that no key begins with it. Level 1's keys are all among these. */
const keyFormat = /^[a-z\d][a-z\d_\-*/@]{0,255}$/;

/** Printable ASCII without comma and equals sign, up to 256, the last one no blank. */
const valueFormat = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

type Entry = readonly [key: string, value: string];

/**
 * The stock parser drops single members that it does not like, keys of level 2 among them, and keeps 32 of any number.
 *
 * @param header - Several fields of the name joined by commas, as Node does it.
 * @returns Undefined when it is empty, or when any of it is invalid: then none of it may be passed on.
 */
export function acceptTraceState(header: string): TraceState | undefined {
  const entries = new Map<string, string>();
  let members = 0;
  for (const member of header.split(',')) {
    const text = withoutOws(member);
    // Empty members are allowed: a vendor can't always see that one of several fields is empty.
    if (text === '') continue;
    const entry = entryOf(text);
    members += 1;
    if (entry === undefined || members > maxMembers) return undefined;
    // The left-most is the most recent. A second entry of one vendor is not valid, and no reason to lose those of all others.
    if (!entries.has(entry[0])) entries.set(...entry);
  }
  return entries.size === 0 ? undefined : new AcceptedTraceState(withinLength([...entries]));
}

/** Optional white space of HTTP; a further blank at the beginning of a value belongs to the value. */
function withoutOws(text: string): string {
  let end = text.length;
  // Not by an expression: one that looks for blanks before the end begins anew at each blank, and a header may have 16,000.
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return text.slice(0, end).replace(/^[ \t]+/, '');
}

function entryOf(member: string): Entry | undefined {
  const at = member.indexOf('=');
  const key = member.slice(0, Math.max(at, 0));
  const value = member.slice(at + 1);
  return keyFormat.test(key) && valueFormat.test(value) ? [key, value] : undefined;
}

/** Long entries go first, then those at the end, which are the oldest, until the rest fits. */
function withinLength(entries: readonly Entry[]): readonly Entry[] {
  let kept = entries;
  for (const entry of entries.filter((each) => lengthOf([each]) > longEntry).toReversed()) {
    if (lengthOf(kept) <= maxLength) return kept;
    kept = kept.filter((each) => each !== entry);
  }
  while (lengthOf(kept) > maxLength) kept = kept.slice(0, -1);
  return kept;
}

function lengthOf(entries: readonly Entry[]): number {
  return entries.reduce((length, [key, value]) => length + key.length + value.length + 2, -1);
}

/** Entries in order, the most recent first; changed copies as the interface asks. */
class AcceptedTraceState implements TraceState {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  get(key: string): string | undefined {
    return this.#entries.find(([name]) => name === key)?.[1];
  }

  /** What would be invalid changes nothing. */
  set(key: string, value: string): TraceState {
    if (!keyFormat.test(key) || !valueFormat.test(value)) return this;
    const others = this.#entries.filter(([name]) => name !== key);
    return new AcceptedTraceState(withinLength([[key, value] as const, ...others].slice(0, maxMembers)));
  }

  unset(key: string): TraceState {
    return new AcceptedTraceState(this.#entries.filter(([name]) => name !== key));
  }

  serialize(): string {
    return this.#entries.map(([key, value]) => `${key}=${value}`).join(',');
  }
}
