/** Sorts a span's attributes into the groups in which they are read. Pure: no DOM. */
import type { Attributes, AttributeValue } from './contract.ts';

/** One heading with its attributes, in the order received. */
export interface AttributeGroup {
  readonly title: string;
  readonly entries: readonly (readonly [string, AttributeValue])[];
}

/** By the prefixes of the semantic conventions; the first that fits wins, what fits none is `Other`. */
const groups: readonly { readonly title: string; readonly prefix: RegExp }[] = [
  { title: 'reqlens', prefix: /^reqlens\./ },
  { title: 'HTTP', prefix: /^(?:http|url|user_agent)\./ },
  { title: 'Network', prefix: /^(?:network|net|server|client|peer|tls|dns)\./ },
  { title: 'Database', prefix: /^db\./ },
  { title: 'Messaging', prefix: /^(?:messaging|rpc)\./ },
  { title: 'Who', prefix: /^(?:user|enduser|session|tenant)\./ },
  { title: 'Error', prefix: /^(?:error|exception)\./ },
];

/** @returns Groups that have any entry, in a fixed order, so that the eye finds them in the same place on every span. */
export function attributeGroups(attributes: Attributes): AttributeGroup[] {
  const byTitle = Map.groupBy(Object.entries(attributes), ([key]) => titleOf(key));
  return [...groups.map((group) => group.title), 'Other'].flatMap((title) => {
    const entries = byTitle.get(title);
    return entries === undefined ? [] : [{ title, entries }];
  });
}

/** A value as text: strings as they are, lists and maps as JSON. */
export function valueText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value, undefined, 1) : String(value);
}

function titleOf(key: string): string {
  return groups.find((group) => group.prefix.test(key))?.title ?? 'Other';
}
