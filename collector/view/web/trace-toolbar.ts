/** The bar above the waterfall: search inside the trace, errors, folding. */
import { el, fill, setAttributes } from './element.ts';
import { formatCount } from './format.ts';
import { icon, type IconName } from './icons.ts';

/** What the bar asks the page for. */
export interface TraceToolbarActions {
  readonly search: (query: string) => void;
  readonly jumpToMatch: (direction: 1 | -1) => void;
  readonly jumpToError: (direction: 1 | -1) => void;
  readonly foldAll: (isFolded: boolean) => void;
  /** The search field gives the focus back. */
  readonly leave: () => void;
}

/** Fixed in size, so that nothing below it moves when counts change. */
export class TraceToolbar {
  readonly element: HTMLElement;
  readonly #actions: TraceToolbarActions;
  readonly #input: HTMLInputElement;
  readonly #found = el('span', { class: 'found', attr: { role: 'status' } });
  readonly #errors = el('span', { class: 'error-count' });
  readonly #errorGroup: HTMLElement;

  constructor(actions: TraceToolbarActions) {
    this.#actions = actions;
    const attr = {
      type: 'search',
      placeholder: 'Find in this trace',
      'aria-label': 'Find in this trace',
      autocomplete: 'off',
      spellcheck: 'false',
    };
    const on = {
      input: () => actions.search(this.#input.value),
      keydown: (event: KeyboardEvent) => this.#inputKey(event),
    };
    this.#input = el('input', { attr, on });
    const search = el('div', { class: 'search is-small', attr: { role: 'search' } });
    search.append(icon('search'), this.#input, this.#found, el('kbd', { attr: { 'aria-hidden': 'true' } }, 'f'));
    const matches = group(
      button('Previous match (N)', 'up', () => actions.jumpToMatch(-1)),
      button('Next match (n)', 'down', () => actions.jumpToMatch(1)),
    );
    this.#errorGroup = group(
      this.#errors,
      button('Previous error (E)', 'up', () => actions.jumpToError(-1)),
      button('Next error (e)', 'down', () => actions.jumpToError(1)),
    );
    this.#errorGroup.classList.add('is-errors');
    const folding = group(
      button('Fold all', 'fold', () => actions.foldAll(true)),
      button('Unfold all', 'unfold', () => actions.foldAll(false)),
    );
    this.element = el('div', { class: 'toolbar is-trace' }, search, matches, this.#errorGroup, folding);
  }

  focusSearch(): void {
    this.#input.focus();
    this.#input.select();
  }

  get query(): string {
    return this.#input.value;
  }

  /** @param count - Rows found; undefined when nothing is searched. */
  showFound(count: number | undefined): void {
    this.#found.textContent = count === undefined ? '' : count === 0 ? 'no match' : formatCount(count);
  }

  showErrors(count: number): void {
    fill(
      this.#errors,
      icon('alert'),
      count === 0 ? 'No errors' : count === 1 ? '1 error' : `${formatCount(count)} errors`,
    );
    this.#errorGroup.classList.toggle('is-none', count === 0);
    for (const control of this.#errorGroup.querySelectorAll('button')) {
      setAttributes(control, { disabled: count === 0 ? '' : undefined });
    }
  }

  #inputKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      event.preventDefault();
      this.#actions.jumpToMatch(event.shiftKey ? -1 : 1);
    }
    if (event.key !== 'Escape') return;
    event.preventDefault();
    if (this.#input.value !== '') {
      this.#input.value = '';
      this.#actions.search('');
    }
    this.#actions.leave();
  }
}

function group(...children: readonly HTMLElement[]): HTMLElement {
  return el('div', { class: 'group' }, children);
}

function button(label: string, iconName: IconName, click: () => void): HTMLButtonElement {
  const attr = { type: 'button', 'aria-label': label, title: label };
  const element = el('button', { class: 'icon-button small', attr, on: { click } });
  element.append(icon(iconName));
  return element;
}
