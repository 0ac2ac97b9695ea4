/** Draws one log line. */
import { allAttributes } from './attribute-list.ts';
import type { LogRow } from './contract.ts';
import { copyButton } from './copy-button.ts';
import { el, setAttributes } from './element.ts';
import { formatDateTime, formatDuration, nsBetween } from './format.ts';
import { icon } from './icons.ts';
import { severityClass, severityName } from './severity.ts';
import { blockText, inlineText, markedText } from './value-text.ts';

/** What a line can be asked for. */
export interface LogLineOptions {
  /** Times are counted from here; Unix nanoseconds, decimal. */
  readonly startUnixNano: string;
  /** Lower-case words to mark. */
  readonly words: readonly string[];
  readonly pick: (log: LogRow) => void;
  /** What the line's own trace is called when it is another one than the page's. */
  readonly otherTrace: (log: LogRow) => string | undefined;
}

/** The severity as a word in its colour. */
export function severityBadge(log: LogRow): HTMLElement {
  return el(
    'span',
    { class: `severity ${severityClass(log.severityNumber)}` },
    inlineText(severityName(log).slice(0, 8)),
  );
}

/** A line that selects its span; its arrow shows all that it carries. */
export function logLine(log: LogRow, options: LogLineOptions): HTMLLIElement {
  const line = el('li', { class: `log ${severityClass(log.severityNumber)}` });
  if (log.spanId !== undefined) line.dataset['span'] = log.spanId;
  line.dataset['trace'] = options.otherTrace(log) ?? '';
  const twist = el('button', {
    class: 'twist',
    attr: { type: 'button', 'aria-expanded': 'false', 'aria-label': 'Whole line' },
  });
  twist.append(icon('right'));
  twist.addEventListener('click', () => toggle(line, twist, log));
  line.append(twist, pickButton(log, options));
  return line;
}

function pickButton(log: LogRow, { startUnixNano, words, pick, otherTrace }: LogLineOptions): HTMLElement {
  const ns = nsBetween(startUnixNano, log.timeUnixNano);
  const offset = ns < 0 ? `−${formatDuration(-ns)}` : `+${formatDuration(ns)}`;
  const time = el('time', { attr: { title: formatDateTime(log.timeUnixNano) } }, offset);
  const other = otherTrace(log);
  const text = el(
    'span',
    { class: 'log-text' },
    other === undefined ? undefined : [inlineText(other, 'tag'), ' '],
    inlineText(log.logger, 'logger'),
    ' ',
    markedText(log.body, words, 'body'),
  );
  const button = el('button', { class: 'log-pick', attr: { type: 'button' }, on: { click: () => pick(log) } });
  button.append(time, severityBadge(log), text);
  return button;
}

function toggle(line: HTMLElement, twist: HTMLElement, log: LogRow): void {
  const isOpen = twist.getAttribute('aria-expanded') === 'true';
  setAttributes(twist, { 'aria-expanded': String(!isOpen) });
  twist.classList.toggle('is-open', !isOpen);
  if (isOpen) line.querySelector('.log-whole')?.remove();
  else line.append(wholeLine(log));
}

function wholeLine(log: LogRow): HTMLElement {
  const body = el('div', { class: 'log-body' }, blockText(log.body), copyButton('log line', log.body));
  const origin = {
    time: formatDateTime(log.timeUnixNano),
    logger: log.logger,
    service: log.service,
    ...(log.spanId === undefined ? {} : { span: log.spanId }),
  };
  return el('div', { class: 'log-whole' }, body, allAttributes(log.attributes), allAttributes(origin));
}
