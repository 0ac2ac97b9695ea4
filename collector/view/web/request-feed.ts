/** Keeps the list of newest requests in an order that never jumps. Pure: no DOM. */
import type { RequestRow } from './contract.ts';

/** What is on the screen, and what arrived while the list was held still. Both newest first. */
export interface Feed {
  readonly shown: readonly RequestRow[];
  readonly waiting: readonly RequestRow[];
}

/** The same span of the same trace is the same row, however often it is sent. */
export function rowKey(row: RequestRow): string {
  return `${row.traceId}:${row.spanId}`;
}

/**
 * Known rows are brought up to date where they stand; unknown ones go to the top, or wait when the list is held.
 * @param newest - Newest first, as `/api/requests` gives them.
 */
export function withNewest(feed: Feed, newest: readonly RequestRow[], isHeld: boolean): Feed {
  const fresh = new Map(newest.map((row) => [rowKey(row), row]));
  const renew = (row: RequestRow): RequestRow => {
    const renewed = fresh.get(rowKey(row)) ?? row;
    fresh.delete(rowKey(row));
    return renewed;
  };
  const shown = feed.shown.map(renew);
  const waiting = feed.waiting.map(renew);
  const added = [...fresh.values(), ...waiting];
  return isHeld ? { shown, waiting: added } : { shown: [...added, ...shown], waiting: [] };
}

/** Puts an older page at the end; rows that are there already are left out. */
export function withOlder(feed: Feed, older: readonly RequestRow[]): Feed {
  const known = new Set([...feed.shown, ...feed.waiting].map(rowKey));
  return { ...feed, shown: [...feed.shown, ...older.filter((row) => !known.has(rowKey(row)))] };
}
