/** Which rows of a long list stand on the screen. Pure: no DOM. */

/** What the list needs to know of its scroll box; pixels. */
export interface Viewport {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly rowCount: number;
}

/** Rows above and below the screen that are kept ready, so that a fast wheel shows no gap before the next frame. */
const spareRows = 12;

/** @returns First row, and the one after the last; equal when there is none. */
export function rowsInView(view: Viewport): { readonly first: number; readonly end: number } {
  const first = Math.floor(view.scrollTop / view.rowHeight) - spareRows;
  const end = Math.ceil((view.scrollTop + view.height) / view.rowHeight) + spareRows;
  return { first: clamp(first, view.rowCount), end: clamp(end, view.rowCount) };
}

/** @returns Where to scroll so that the row is seen, with a row of air; the present place when it is seen already. */
export function scrollTopToShow(row: number, view: Viewport): number {
  const top = row * view.rowHeight;
  if (top < view.scrollTop + view.rowHeight) return Math.max(0, top - view.rowHeight);
  const lowest = view.scrollTop + view.height - 2 * view.rowHeight;
  return top > lowest ? top - view.height + 2 * view.rowHeight : view.scrollTop;
}

function clamp(row: number, rowCount: number): number {
  return Math.min(Math.max(row, 0), rowCount);
}
