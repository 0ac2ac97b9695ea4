/** The tabs beside the waterfall, and the divider between them and it. */
import { el, fill, setAttributes } from './element.ts';
import { remember, remembered } from './theme.ts';

/** Which tab is in front. */
export type TabName = (typeof tabNames)[number];

const tabNames = ['span', 'logs', 'usage'] as const;

const storageKey = 'reqlens.panel';
const least = 280;
const step = 24;

/** Its width is remembered; the style sheet puts the panel below the waterfall where there is no room beside it. */
export class SidePanel {
  readonly element: HTMLElement;
  readonly divider: HTMLElement;
  readonly #tabs: Readonly<Record<TabName, HTMLButtonElement>>;
  readonly #panels: Readonly<Record<TabName, HTMLElement>>;
  #width = Number(remembered(storageKey)) || 420;
  #front: TabName;

  constructor(front: TabName, logs: HTMLElement) {
    this.#tabs = {
      span: this.#tab('span', 'Span'),
      logs: this.#tab('logs', 'Logs'),
      usage: this.#tab('usage', 'Usage'),
    };
    this.#panels = { span: panel('span'), logs: panel('logs'), usage: panel('usage') };
    this.#tabs.usage.hidden = true;
    this.#panels.logs.append(logs);
    const tabs = el('div', {
      class: 'tabs',
      attr: { role: 'tablist', 'aria-label': 'Details', 'data-own-arrows': '' },
    });
    tabs.append(...tabNames.map((name) => this.#tabs[name]));
    tabs.addEventListener('keydown', (event) => this.#tabKey(event));
    this.element = el('aside', { class: 'panel', attr: { 'aria-label': 'Span and log lines' } });
    this.element.append(tabs, ...tabNames.map((name) => this.#panels[name]));
    this.divider = this.#makeDivider();
    this.#front = front;
    this.show(front);
    this.#resize(this.#width);
  }

  get front(): TabName {
    return this.#front;
  }

  /** Brings a tab to the front. */
  show(front: TabName): void {
    this.#front = front;
    for (const name of tabNames) {
      const isFront = name === front;
      this.#panels[name].hidden = !isFront;
      setAttributes(this.#tabs[name], { 'aria-selected': String(isFront), tabindex: isFront ? '0' : '-1' });
    }
  }

  /** Puts a span's details into its tab, from the top. */
  setSpan(details: HTMLElement, isSameSpan: boolean): void {
    const scrolled = this.#panels.span.scrollTop;
    fill(this.#panels.span, details);
    this.#panels.span.scrollTop = isSameSpan ? scrolled : 0;
  }

  /** The number beside the word Logs. */
  setLogCount(count: string): void {
    fill(this.#tabs.logs, 'Logs', el('span', { class: 'tab-count' }, count));
  }

  /** What the trace's requests used; undefined hides the tab. */
  setUsage(usage: HTMLElement | undefined): void {
    const { scrollTop } = this.#panels.usage;
    fill(this.#panels.usage, usage);
    this.#panels.usage.scrollTop = scrollTop;
    this.#tabs.usage.hidden = usage === undefined;
    if (usage === undefined && this.#front === 'usage') this.show('span');
  }

  #tab(name: TabName, label: string): HTMLButtonElement {
    const attr = { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `panel-${name}` };
    return el('button', { class: 'tab', attr, on: { click: () => this.show(name) } }, label);
  }

  #tabKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const shown = tabNames.filter((name) => !this.#tabs[name].hidden);
    const ahead = event.key === 'ArrowLeft' ? shown.length - 1 : 1;
    const other = shown[(shown.indexOf(this.#front) + ahead) % shown.length] ?? 'span';
    this.show(other);
    this.#tabs[other].focus();
  }

  #makeDivider(): HTMLElement {
    const divider = el('div', { class: 'divider' });
    const attr = { role: 'separator', tabindex: '0', 'aria-orientation': 'vertical', 'data-own-arrows': '' };
    setAttributes(divider, { ...attr, 'aria-label': 'Width of the panel', 'aria-valuemin': String(least) });
    divider.addEventListener('pointerdown', (event) => divider.setPointerCapture(event.pointerId));
    divider.addEventListener('pointermove', (event) => {
      if (divider.hasPointerCapture(event.pointerId)) this.#resize(innerWidth - event.clientX);
    });
    divider.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowLeft') this.#resize(this.#width + step);
      if (event.key === 'ArrowRight') this.#resize(this.#width - step);
    });
    return divider;
  }

  #resize(width: number): void {
    const most = Math.max(least, innerWidth - 420);
    this.#width = Math.round(Math.min(Math.max(width, least), most));
    this.element.style.setProperty('--panel-width', `${this.#width}px`);
    setAttributes(this.divider, { 'aria-valuenow': String(this.#width), 'aria-valuemax': String(most) });
    remember(storageKey, String(this.#width));
  }
}

function panel(name: TabName): HTMLElement {
  const attr = {
    role: 'tabpanel',
    id: `panel-${name}`,
    'aria-labelledby': `tab-${name}`,
    tabindex: '0',
    'data-own-arrows': '',
  };
  return el('div', { class: `tab-panel is-${name}`, attr });
}
