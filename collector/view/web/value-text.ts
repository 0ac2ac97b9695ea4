/** Shows received text: isolated from its neighbours, hidden characters spelt out, huge values cut until asked for. */
import { el, fill } from './element.ts';
import { formatCount } from './format.ts';
import { cut, textParts } from './visible-text.ts';

/** Characters of a name in a row; longer ones are seen whole in the details. */
const inlineLimit = 300;
/** Characters of a value before it has to be asked for: about 25 lines of the side panel. */
const blockLimit = 1500;

/** One line of text for rows and headings; cut at 300 characters. */
export function inlineText(text: string, className = ''): HTMLElement {
  const shown = cut(text, inlineLimit);
  return el('bdi', { class: className }, partsOf(shown, false), shown.length < text.length ? '…' : undefined);
}

/** The same with every occurrence of the words marked. */
export function markedText(text: string, words: readonly string[], className = ''): HTMLElement {
  const shown = cut(text, inlineLimit);
  if (words.length === 0) return inlineText(text, className);
  const pattern = new RegExp(
    words.map((word) => word.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('|'),
    'gi',
  );
  const pieces: (Node | string)[] = [];
  let from = 0;
  for (const match of shown.matchAll(pattern)) {
    pieces.push(...partsOf(shown.slice(from, match.index), false), el('mark', {}, ...partsOf(match[0], false)));
    from = match.index + match[0].length;
  }
  pieces.push(...partsOf(shown.slice(from), false));
  return el('bdi', { class: className }, pieces, shown.length < text.length ? '…' : undefined);
}

/** A whole value on as many lines as it has; beyond 1,500 characters a button shows the rest. */
export function blockText(text: string, className = ''): HTMLElement {
  const block = el('bdi', { class: `block ${className}`.trim() });
  if (text === '') {
    fill(block, el('span', { class: 'muted' }, 'empty'));
    return block;
  }
  const shown = cut(text, blockLimit);
  const showAll = (): void => {
    fill(block, partsOf(text, true));
  };
  const more = el('button', { class: 'more', attr: { type: 'button' }, on: { click: showAll } });
  more.append(`… show all ${formatCount(text.length)} characters`);
  fill(block, partsOf(shown, true), shown.length < text.length ? more : undefined);
  return block;
}

function partsOf(text: string, isMultiline: boolean): (Node | string)[] {
  return textParts(text, isMultiline).map((part) =>
    part.isHidden
      ? el('span', { class: 'hidden-char', attr: { title: 'A control or invisible character' } }, part.text)
      : part.text,
  );
}
