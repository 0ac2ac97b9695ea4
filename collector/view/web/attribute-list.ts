/** Names and values, each with a button that copies the value as it was received. */
import { valueText } from './attribute-groups.ts';
import type { Attributes, AttributeValue } from './contract.ts';
import { copyButton } from './copy-button.ts';
import { el } from './element.ts';
import { blockText, inlineText } from './value-text.ts';

/** One list; undefined when there is nothing to list. */
export function attributeList(entries: readonly (readonly [string, AttributeValue])[]): HTMLElement | undefined {
  if (entries.length === 0) return undefined;
  const rows = entries.map(([name, value]) => attributeRow(name, value));
  return el('dl', { class: 'attributes' }, rows);
}

/** As above, in the order received. */
export function allAttributes(attributes: Attributes): HTMLElement | undefined {
  return attributeList(Object.entries(attributes));
}

function attributeRow(name: string, value: AttributeValue): HTMLElement {
  const text = valueText(value);
  const shown = blockText(text, typeof value === 'string' ? 'is-string' : 'is-scalar');
  return el('div', {}, el('dt', {}, inlineText(name)), el('dd', {}, shown, copyButton(name.slice(0, 80), text)));
}
