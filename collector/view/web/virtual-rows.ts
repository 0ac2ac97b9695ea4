/** A scroll box with any number of rows of one height, of which only those on the screen are in the page. */
import { el } from './element.ts';
import { rowsInView, scrollTopToShow, type Viewport } from './virtual-window.ts';

/** How rows are made. */
export interface VirtualRowsOptions {
  /** Pixels; the style sheet has the same figure as `--row-height`. */
  readonly rowHeight: number;
  /** Makes the row; called again whenever it comes into view. */
  readonly render: (row: number) => HTMLElement;
}

/** Row elements live as long as they are in view. */
export class VirtualRows {
  readonly element: HTMLElement;
  readonly #options: VirtualRowsOptions;
  readonly #sizer = el('div', { class: 'sizer', attr: { role: 'presentation' } });
  readonly #shown = new Map<number, HTMLElement>();
  #rowCount = 0;
  #height = 0;
  #isFrameAsked = false;

  constructor(options: VirtualRowsOptions) {
    this.#options = options;
    this.element = el('div', { class: 'virtual', on: { scroll: () => this.#askFrame() } }, this.#sizer);
    new ResizeObserver(() => {
      this.#height = this.element.clientHeight;
      this.#update();
    }).observe(this.element);
  }

  /** The first row that is wholly in view, and how far from the top it stands; pixels. */
  get anchor(): { readonly row: number; readonly offset: number } {
    const row = Math.ceil(this.element.scrollTop / this.#options.rowHeight);
    return { row, offset: row * this.#options.rowHeight - this.element.scrollTop };
  }

  /** Makes every row in view anew: their number or what they show has changed. */
  refresh(rowCount: number): void {
    this.#rowCount = rowCount;
    this.#sizer.style.setProperty('--rows', String(rowCount));
    for (const element of this.#shown.values()) element.remove();
    this.#shown.clear();
    this.#update();
  }

  /** Scrolls just as far as needed for the row to be seen. */
  show(row: number): void {
    this.element.scrollTop = scrollTopToShow(row, this.#viewport());
    this.#update();
  }

  /** Puts a row back to where `anchor` found it. */
  restore(anchor: { readonly row: number; readonly offset: number }): void {
    this.element.scrollTop = anchor.row * this.#options.rowHeight - anchor.offset;
    this.#update();
  }

  /** How many rows fill the box. */
  get rowsPerPage(): number {
    return Math.max(1, Math.floor(this.#height / this.#options.rowHeight) - 1);
  }

  #askFrame(): void {
    if (this.#isFrameAsked) return;
    this.#isFrameAsked = true;
    requestAnimationFrame(() => {
      this.#isFrameAsked = false;
      this.#update();
    });
  }

  #update(): void {
    const { first, end } = rowsInView(this.#viewport());
    for (const [row, element] of this.#shown) {
      if (row >= first && row < end) continue;
      element.remove();
      this.#shown.delete(row);
    }
    const added: HTMLElement[] = [];
    for (let row = first; row < end; row += 1) {
      if (!this.#shown.has(row)) added.push(this.#make(row));
    }
    if (added.length > 0) this.#sizer.append(...added);
  }

  #make(row: number): HTMLElement {
    const element = this.#options.render(row);
    element.style.setProperty('--row', String(row));
    this.#shown.set(row, element);
    return element;
  }

  #viewport(): Viewport {
    const { rowHeight } = this.#options;
    return { scrollTop: this.element.scrollTop, height: this.#height, rowHeight, rowCount: this.#rowCount };
  }
}
