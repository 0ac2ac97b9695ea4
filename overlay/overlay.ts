/**
 * What the requests of this page cost, in a corner of it: an admin page loads it as a module script. It must never change what the page
 * does, and shows what it receives as text only.
 */
// oxlint-disable max-lines -- a page loads one file, and nothing here bundles

/** Given as `window.reqlensOverlay`, or as `data-…` attributes of the script: `data-usage-path`, `data-viewer`, `data-token`, `data-send-token`. */
export interface OverlaySettings {
  /** `REQLENS_USAGE_PATH` of the application, a path or a URL. Default `/_usage`. */
  readonly usagePath?: string;
  /** Where the collector's viewer is, e.g. `http://127.0.0.1:4319`; without it there are no links. */
  readonly viewer?: string;
  /** A token of `reqlens token`; read anew for each request, so that it can be renewed. Sent to `usagePath` alone, unless `sendToken` is set. */
  readonly token?: string;
  /** `true`: the token goes along as the debug header of the page's own requests, for applications that know no callers. */
  readonly sendToken?: boolean | string;
  /** Id of the request that this page came with, when its author knows it. Default: what `Server-Timing` of the page says. */
  readonly pageRequestId?: string;
}

declare global {
  interface Window {
    reqlensOverlay?: OverlaySettings;
  }
}

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly status: number | undefined;
  readonly row: HTMLTableRowElement;
}

type Usage = Readonly<Record<string, unknown>>;

const mostEntries = 20;
/** The result is stored when the request has ended, which may be after the page has its head. Milliseconds. */
const retryAfterMs = [100, 300, 700, 1500, 3000];
const idShape = /^[\w.@:+/=-]{1,128}$/;
const debugHeader = 'x-debug-resource-tracking';
const trackingHeader = 'x-resource-tracking-id';
const ownFetch = window.fetch.bind(window);
const script = [...document.scripts].find(({ src }) => src === import.meta.url)?.dataset ?? {};
const setting = (name: keyof OverlaySettings): string | undefined =>
  window.reqlensOverlay?.[name]?.toString() ?? script[name];

const css = `
:host { all: initial !important; position: fixed !important; z-index: 2147483647 !important; right: 12px !important; bottom: 12px !important;
  display: block !important; max-width: calc(100vw - 24px) !important; color-scheme: light dark !important;
  font: 12px/1.45 system-ui, sans-serif !important; color: light-dark(#1a2029, #e4e8ee) !important }
section { display: grid; justify-items: end; gap: 6px }
.panel { max-width: 100%; max-height: 50vh; overflow: auto; box-sizing: border-box; padding: 8px 12px }
.panel, .toggle { border: 1px solid light-dark(#c3cad3, #3d4754); border-radius: 8px; background: light-dark(#fff, #14181f);
  box-shadow: 0 4px 18px rgb(0 0 0 / 22%) }
[hidden] { display: none }
button, input { font: inherit; color: inherit; cursor: pointer }
.toggle { padding: 5px 12px; font-weight: 600 }
:focus-visible { outline: 2px solid light-dark(#1f6feb, #6ea8ff); outline-offset: 1px }
header { margin-bottom: 4px; display: flex; align-items: center; justify-content: space-between; gap: 24px }
header button { padding: 0; border: 0; background: none; color: light-dark(#1459c7, #74aeff) }
label { display: inline-flex; align-items: center; gap: 6px }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 3px 0 3px 14px; text-align: right; white-space: nowrap; border-top: 1px solid light-dark(#e3e7ec, #252c36) }
th { border: 0; color: light-dark(#626d7a, #8a95a3); font-weight: 600 }
th:first-child, td:first-child { max-width: 280px; padding-left: 0; overflow: hidden; text-align: left; text-overflow: ellipsis }
a { color: light-dark(#1459c7, #74aeff) }
p { margin: 6px 0 }
.failed, .part { color: light-dark(#b4232c, #ff8a86) }
`;

const columns = ['Request', 'Status', 'Duration', 'CPU', 'Wait', 'Memory', 'I/O', 'Trace'];
const entries: Entry[] = [];
const body = make('tbody');
const table = make('table', make('thead', make('tr', ...columns.map((title) => make('th', title)))), body);
const empty = make('p', 'No tracked request yet.');
const track = make('input');
const panel = make('div');
const toggle = make('button', 'reqlens');

show();
watchFetch();
watchXhr();
notePage();

function show(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const clear = make('button', 'Clear');
  clear.addEventListener('click', () => forget(0));
  track.type = 'checkbox';
  track.checked = remembered('track') === '1';
  track.addEventListener('change', () => remember('track', track.checked ? '1' : '0'));
  panel.className = 'panel';
  panel.id = 'panel';
  panel.append(make('header', make('label', track, 'Track the requests of this page'), clear), table, empty);
  toggle.className = 'toggle';
  toggle.setAttribute('aria-controls', 'panel');
  toggle.addEventListener('click', () => open(panel.hidden !== false));
  for (const button of [toggle, clear]) button.type = 'button';
  open(remembered('open') === '1');
  const section = make('section', panel, toggle);
  section.setAttribute('aria-label', 'What the requests of this page cost');
  section.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return;
    event.stopPropagation();
    open(false);
    toggle.focus();
  });
  const host = make('div');
  host.dataset['reqlensOverlay'] = '';
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(section);
  document.documentElement.append(host);
  forget(0);
}

function open(isOpen: boolean): void {
  panel.hidden = !isOpen;
  toggle.setAttribute('aria-expanded', String(isOpen));
  remember('open', isOpen ? '1' : '0');
}

/** The page gets the answer, or the error, of its own call; only the debug header is added, and only where it was asked for. */
function watchFetch(): void {
  window.fetch = new Proxy(window.fetch, {
    apply(target, self, args: Parameters<typeof fetch>): Promise<Response> {
      const call = quietly(() => tracked(args)) ?? { method: '', url: undefined, args };
      const answer: Promise<Response> = Reflect.apply(target, self, call.args);
      return answer.then((response) => {
        quietly(() => note(response.headers.get(trackingHeader), call, response.status));
        return response;
      });
    },
  });
}

function tracked(args: Parameters<typeof fetch>): { method: string; url: URL; args: Parameters<typeof fetch> } {
  const [input, init] = args;
  const request = input instanceof Request ? input : undefined;
  const url = new URL(input instanceof Request ? input.url : input, document.baseURI);
  const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
  const value = debugValue(url);
  if (value === undefined) return { method, url, args };
  const headers = new Headers(init?.headers ?? request?.headers);
  headers.set(debugHeader, value);
  // On top of the page's own object: what it inherits stays in force.
  const own: RequestInit = Object.assign(Object.create(init ?? null), { headers });
  return { method, url, args: [input, own] };
}

function watchXhr(): void {
  const calls = new WeakMap<XMLHttpRequest, { readonly method: string; readonly url: URL }>();
  const { prototype } = XMLHttpRequest;
  // oxlint-disable-next-line typescript/unbound-method -- called with the `this` of the page's call
  prototype.open = new Proxy(prototype.open, {
    apply(target, self: XMLHttpRequest, args: [string, string | URL]): unknown {
      const opened: unknown = Reflect.apply(target, self, args);
      quietly(() => calls.set(self, { method: args[0].toUpperCase(), url: new URL(args[1], document.baseURI) }));
      return opened;
    },
  });
  // oxlint-disable-next-line typescript/unbound-method -- as above
  prototype.send = new Proxy(prototype.send, {
    apply(target, self: XMLHttpRequest, args: []): unknown {
      const call = calls.get(self);
      quietly(() => {
        const value = call === undefined ? undefined : debugValue(call.url);
        if (value !== undefined) self.setRequestHeader(debugHeader, value);
        // Not getResponseHeader: of another origin that does not expose it, it complains on the console.
        const idIn = (): string | undefined =>
          /^x-resource-tracking-id: (.+)$/im.exec(self.getAllResponseHeaders())?.[1];
        self.addEventListener('loadend', () => quietly(() => note(idIn(), call, self.status)), { once: true });
      });
      return Reflect.apply(target, self, args);
    },
  });
}

/** Only to this page's own origin: elsewhere the header would cost a preflight that may be refused. */
function debugValue({ origin }: URL): string | undefined {
  if (!track.checked || origin !== location.origin) return undefined;
  const isTokenSent = (setting('sendToken') ?? 'false') !== 'false';
  return (isTokenSent ? setting('token') : undefined) ?? '1';
}

/** The page's own request: its head is not to be seen from here, but `Server-Timing` is, where the application sends it. */
function notePage(): void {
  const [page] = performance.getEntriesByType('navigation');
  const timing = page instanceof PerformanceNavigationTiming ? page.serverTiming : [];
  const trace = timing.map(({ description }) => /^00-([\da-f]{32})-/.exec(description)?.[1]).find(Boolean);
  const uuid = trace?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const status = page instanceof PerformanceNavigationTiming ? page.responseStatus : undefined;
  // Whether it was tracked is not said there: it is asked for once, and gets a row when there is something to show.
  const id = setting('pageRequestId') ?? uuid;
  if (id !== undefined && setting('token') !== undefined)
    note(id, { method: 'GET', url: new URL(location.href) }, status, true);
}

// oxlint-disable-next-line max-params -- what is known of a call, from two kinds of caller
function note(
  id: string | null | undefined,
  call: { readonly method: string; readonly url: URL | undefined } | undefined,
  status: number | undefined,
  isQuiet = false,
): void {
  if (typeof id !== 'string' || !idShape.test(id)) return;
  const path =
    call?.url === undefined ? '' : (call.url.origin === location.origin ? '' : call.url.origin) + call.url.pathname;
  const entry: Entry = { id, status, label: `${call?.method ?? ''} ${path.slice(0, 200)}`.trim(), row: make('tr') };
  if (!isQuiet) add(entry);
  void read(entry, isQuiet ? retryAfterMs.slice(0, 1) : retryAfterMs);
}

function add(entry: Entry): void {
  fill(entry, ['…']);
  entries.unshift(entry);
  body.prepend(entry.row);
  forget(mostEntries);
}

/** Keeps the newest, and says how many there are. */
function forget(most: number): void {
  for (const { row } of entries.splice(most)) row.remove();
  table.hidden = entries.length === 0;
  empty.hidden = !table.hidden;
  toggle.textContent = entries.length === 0 ? 'reqlens' : `reqlens · ${entries.length}`;
}

async function read(entry: Entry, delaysMs: readonly number[]): Promise<void> {
  for (const ms of delaysMs) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const usage = await ask(entry.id);
    if (usage !== undefined) {
      showUsage(entry, usage);
      return;
    }
  }
  if (entry.row.hasChildNodes()) fill(entry, ['not kept, or not for you']);
}

function showUsage(entry: Entry, usage: Usage): void {
  if (!entry.row.hasChildNodes()) add(entry);
  fill(entry, cellsOf(usage));
}

/** @returns undefined when there is nothing to read, yet or at all. */
async function ask(id: string): Promise<Usage | undefined> {
  const token = setting('token');
  try {
    const url = `${setting('usagePath') ?? '/_usage'}/${encodeURIComponent(id)}`;
    const headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await ownFetch(url, { headers, credentials: 'same-origin', cache: 'no-store' });
    const answer: unknown = response.ok ? await response.json() : undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any object; each figure is checked where it is shown
    return typeof answer === 'object' && answer !== null ? (answer as Usage) : undefined;
  } catch {
    // No connection, or no JSON: as good as nothing, and asked for again.
    return undefined;
  }
}

function cellsOf(usage: Usage): (string | Node)[] {
  const sum = (...names: readonly string[]): number | undefined => {
    const known = names.map((name) => usage[name]).filter((value) => typeof value === 'number' && value >= 0);
    return known.length === 0 ? undefined : known.reduce<number>((total, value) => total + Number(value), 0);
  };
  const duration = make('span', time(sum('duration_ms')));
  if (usage['is_complete'] === false) {
    duration.className = 'part';
    duration.append(' cut off');
    duration.title = 'The request was aborted or cut off: it used at least this';
  }
  const directions = [
    'socket_read',
    'socket_written',
    'outgoing_read',
    'outgoing_written',
    'file_read',
    'file_written',
  ];
  return [
    duration,
    time(sum('cpu_ms')),
    time(sum('wait_ms')),
    size(sum('heap_allocated_bytes', 'external_memory_bytes')),
    size(sum(...directions.map((name) => `${name}_bytes`))),
  ];
}

/** @param cells - One for each figure; a single one stands for all of them. */
function fill({ row, label, status, id }: Entry, cells: readonly (string | Node)[]): void {
  const name = make('td', make('bdi', label));
  name.title = label;
  const code = make('td', status === undefined ? '' : String(status));
  if ((status ?? 0) >= 500) code.className = 'failed';
  const figures = cells.map((cell) => make('td', cell));
  if (figures.length === 1 && figures[0] !== undefined) figures[0].colSpan = 5;
  row.replaceChildren(name, code, ...figures, make('td', linkTo(id)));
}

function linkTo(id: string): Node {
  const viewer = setting('viewer') ?? '';
  if (!/^https?:\/\//.test(viewer)) return new Text();
  const link = make('a', 'open');
  link.href = `${viewer.replace(/\/$/, '')}/r/${encodeURIComponent(id)}`;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.setAttribute('aria-label', `Open the trace of ${id}`);
  return link;
}

function time(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : `${Number(ms.toPrecision(3))} ms`;
}

function size(bytes: number | undefined): string {
  if (bytes === undefined) return '–';
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${['B', 'kB', 'MB', 'GB'][power]}`;
}

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  ...children: readonly (string | Node)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

/** What goes wrong here is no concern of the page. */
function quietly<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    // A URL or a header that the page's own call will refuse, too: that call then says so.
    return undefined;
  }
}

function remember(name: string, value: string): void {
  quietly(() => sessionStorage.setItem(`reqlens.overlay.${name}`, value));
}

function remembered(name: string): string | null | undefined {
  return quietly(() => sessionStorage.getItem(`reqlens.overlay.${name}`));
}
