/** An exception event: what was thrown, where, with the application's own lines in front of the libraries'. */
import type { SpanEvent } from './contract.ts';
import { valueText } from './attribute-groups.ts';
import { copyButton } from './copy-button.ts';
import { el } from './element.ts';
import { blockText, inlineText } from './value-text.ts';
import { cut } from './visible-text.ts';

/** Frames shown before they have to be asked for. */
const shownFrames = 30;

/** Whether an event is one, by the semantic conventions. */
export function isException(event: SpanEvent): boolean {
  return event.name === 'exception' || 'exception.stacktrace' in event.attributes;
}

/** Type, message and stack. */
export function exceptionView(event: SpanEvent): HTMLElement {
  const [type, message, stack] = ['type', 'message', 'stacktrace'].map((name) =>
    valueText(event.attributes[`exception.${name}`] ?? ''),
  );
  const head = el(
    'header',
    {},
    inlineText(type || 'exception', 'exception-type'),
    copyButton('stack trace', stack || message || ''),
  );
  const body = message ? blockText(message, 'exception-message') : undefined;
  return el('section', { class: 'exception' }, head, body, stack ? stackView(stack) : undefined);
}

function stackView(stack: string): HTMLElement {
  const lines = cut(stack, 100_000).split('\n');
  // The first lines repeat type and message, which stand above already; a stack without frames is shown whole.
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  const frames = lines.slice(Math.max(first, 0));
  const list = el(
    'ol',
    { class: 'stack', attr: { 'aria-label': 'Stack trace' } },
    frames.slice(0, shownFrames).map(frameLine),
  );
  if (frames.length <= shownFrames) return list;
  const more = el('button', {
    class: 'more',
    attr: { type: 'button' },
    on: {
      click: () => {
        more.remove();
        list.append(...frames.slice(shownFrames).map(frameLine));
      },
    },
  });
  more.append(`… ${frames.length - shownFrames} more lines`);
  return el('div', {}, list, more);
}

function frameLine(line: string): HTMLElement {
  const isForeign = /node_modules|node:internal|\(node:|at node:/.test(line);
  return el('li', { class: isForeign ? 'is-foreign' : '' }, inlineText(line.trimStart()));
}
