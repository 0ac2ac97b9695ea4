/** What the requests of a trace used, beside its waterfall. */
import { serviceBadge } from './badges.ts';
import type { SpanRow } from './contract.ts';
import { el } from './element.ts';
import { formatDuration } from './format.ts';
import { mainSpan } from './trace-header.ts';
import type { TraceTree } from './trace-tree.ts';
import { type SpanUsage, usageOf, type UsageSection, type UsageShare } from './usage-figures.ts';
import { inlineText } from './value-text.ts';

/** Tracked spans shown one by one; a trace has one for each of its services. */
const mostSpans = 20;

/**
 * @param select - Selects a span in the waterfall.
 * @returns undefined when no request of the trace was tracked.
 */
export function usagePanel(tree: TraceTree, select: (key: string) => void): HTMLElement | undefined {
  const main = mainSpan(tree);
  const spans = tree.nodes.flatMap(({ span }) => span ?? []);
  const tracked = [...(main === undefined ? [] : [main]), ...spans.filter((span) => span !== main)].flatMap((span) => {
    const usage = usageOf(span.attributes);
    return usage === undefined ? [] : [{ span, usage }];
  });
  if (tracked.length === 0) return undefined;
  const shown = tracked.slice(0, mostSpans).map(({ span, usage }) => spanUsage(span, usage, select));
  const rest = tracked.length - shown.length;
  const more = rest === 0 ? undefined : el('p', { class: 'muted' }, `and ${rest} more tracked spans`);
  return el('div', { class: 'details usage-details' }, shown, more);
}

function spanUsage(span: SpanRow, usage: SpanUsage, select: (key: string) => void): HTMLElement {
  const name = el('button', {
    class: 'text-button',
    attr: { type: 'button', title: 'Select this span' },
    on: { click: () => select(span.spanId) },
  });
  name.append(inlineText(span.name));
  const method = usage.method === undefined ? undefined : inlineText(usage.method, 'mono');
  return el(
    'section',
    { class: 'usage-of-span' },
    el('header', { class: 'details-head' }, el('h2', {}, name), el('p', {}, serviceBadge(span.service))),
    usage.isComplete ? undefined : incomplete(),
    shareBar(usage.shares),
    usage.sections.map(sectionView),
    method === undefined ? undefined : el('p', { class: 'muted usage-method' }, 'Measured by ', method),
  );
}

function incomplete(): HTMLElement {
  return el(
    'p',
    { class: 'usage-incomplete' },
    el('strong', {}, 'Incomplete'),
    ' The request was aborted or cut off: it used at least this.',
  );
}

function shareBar(shares: readonly UsageShare[]): HTMLElement | undefined {
  if (shares.length === 0) return undefined;
  const parts = shares.map(({ name, share }) =>
    el('span', { class: `usage-part is-${name}`, vars: { '--share': share.toFixed(4) } }),
  );
  const legend = shares.map(({ name, label, ms }) =>
    el(
      'li',
      {},
      el('span', { class: `usage-dot is-${name}`, attr: { 'aria-hidden': 'true' } }),
      `${label} `,
      el('span', { class: 'number' }, formatDuration(ms * 1e6)),
    ),
  );
  return el(
    'div',
    {},
    el('div', { class: 'usage-bar', attr: { 'aria-hidden': 'true' } }, parts),
    el('ul', { class: 'usage-legend', attr: { 'aria-label': 'Where the time went' } }, legend),
  );
}

function sectionView({ title, lines }: UsageSection): HTMLElement {
  const rows = lines.map(({ label, value, note }) =>
    el(
      'div',
      {},
      el('dt', {}, label),
      el(
        'dd',
        {},
        el('span', { class: 'number' }, value),
        note === undefined ? undefined : el('span', { class: 'muted' }, note),
      ),
    ),
  );
  return el('section', { class: 'section' }, el('h3', {}, title), el('dl', { class: 'facts usage-facts' }, rows));
}
