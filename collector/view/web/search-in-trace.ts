/** Finds text in the spans and log lines of one trace. Pure: no DOM. */
import { valueText } from './attribute-groups.ts';
import type { LogRow, SpanRow } from './contract.ts';
import type { TraceTree } from './trace-tree.ts';

/** One trace, made searchable once; each query then is a scan over lower-case strings. */
export class TraceSearch {
  readonly #texts: readonly string[];

  constructor(tree: TraceTree, logs: readonly LogRow[]) {
    const bySpan = Map.groupBy(logs, (log) => log.spanId ?? '');
    this.#texts = tree.nodes.map((node) =>
      node.span === undefined ? node.key : searchable(node.span, bySpan.get(node.key) ?? []),
    );
  }

  /**
   * @param query - Any case; all its words must occur in a row, in any order.
   * @returns Indexes of the rows, in order; none for a blank query.
   */
  rowsWith(query: string): number[] {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    return this.#texts.flatMap((text, index) => (words.every((word) => text.includes(word)) ? [index] : []));
  }
}

/** Lower-case words of a query, for marking them where they are shown. */
export function wordsOf(query: string): string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * @param direction - 1 for the next one, -1 for the one before.
 * @returns The first of the sorted `rows` beyond `from`, going round at the ends; undefined when there is none at all.
 */
export function nextOf(rows: readonly number[], from: number, direction: 1 | -1): number | undefined {
  if (direction === 1) return rows.find((row) => row > from) ?? rows[0];
  return rows.findLast((row) => row < from) ?? rows.at(-1);
}

function searchable(span: SpanRow, logs: readonly LogRow[]): string {
  const { spanId, name, service, kind, statusMessage, attributes, events } = span;
  const lines = logs.map((log) => [log.body, log.logger, log.attributes]);
  // "key=value" is how people write what they look for; JSON alone would have a colon and quotes between the two.
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${valueText(value)}`);
  return JSON.stringify([spanId, name, service, kind, statusMessage, pairs, attributes, events, lines]).toLowerCase();
}
