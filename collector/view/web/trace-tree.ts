/** Puts the spans of a trace into the order of the waterfall. Pure: no DOM. Never recursive: a chain may be 10,000 spans deep. */
import type { SpanRow, TraceView } from './contract.ts';
import { nanos } from './format.ts';

/** One row of the waterfall: a span, or the place of a parent that has not arrived. */
export interface TreeNode {
  /** The span id; for a missing parent `missing:` and its id. Unique in the tree. */
  readonly key: string;
  /** Absent on the place of a missing parent. */
  readonly span?: SpanRow;
  /** 0 on a root. */
  readonly depth: number;
  /** Index of the parent row, -1 on a root. */
  readonly parent: number;
  /** Index after the last row below this one: rows `index + 1` to `end - 1` are its descendants. */
  end: number;
  readonly childCount: number;
  /** Place among its siblings, from 1, and how many they are (-1 among roots); for assistive technology. */
  readonly position: number;
  readonly siblings: number;
  /** From the start of the trace. */
  readonly offsetNs: number;
  readonly durationNs: number;
  readonly isError: boolean;
  /** True when a descendant is an error. */
  hasErrorBelow: boolean;
  /** Set when the parents of these spans lead back to themselves. */
  readonly isLoop: boolean;
}

/** The trace in the order of its rows, each parent before its children, siblings by start time. */
export interface TraceTree {
  readonly nodes: readonly TreeNode[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Start of the first span, Unix nanoseconds, decimal. */
  readonly startUnixNano: string;
  /** To the end of the last span; at least 1. */
  readonly durationNs: number;
}

interface Entry {
  readonly key: string;
  readonly span?: SpanRow;
  readonly children: readonly SpanRow[];
  readonly depth: number;
  readonly parent: number;
  readonly position: number;
  readonly siblings: number;
  readonly isLoop: boolean;
}

type Place = Pick<Entry, 'depth' | 'parent' | 'position' | 'siblings'>;

/** Spans whose parent has not arrived stand under a row for that parent; of a loop of parents, the first span becomes a root. */
export function treeOf(trace: TraceView): TraceTree {
  const start = trace.spans.reduce((first, span) => min(first, nanos(span.startUnixNano)), nanos(startOf(trace)));
  const ids = new Set(trace.spans.map((span) => span.spanId));
  const byParent = Map.groupBy(trace.spans, (span) => parentKey(span, ids));
  const builder = new TreeBuilder(byParent, start);
  for (const span of byParent.get('') ?? []) builder.addRoot(span, false);
  for (const [key, children] of byParent) {
    if (key.startsWith('missing:')) builder.addMissing(key, children);
  }
  // Whatever no root leads to has parents that form a loop.
  for (const span of trace.spans) builder.addRoot(span, true);
  const nodes = builder.finish();
  const durationNs = nodes.reduce((last, node) => Math.max(last, node.offsetNs + node.durationNs), 1);
  return { nodes, indexOf: builder.indexOf, startUnixNano: String(start), durationNs };
}

/** @returns Indexes of the rows that no collapsed row hides, in order. */
export function visibleRows(tree: TraceTree, collapsed: ReadonlySet<string>): number[] {
  const rows: number[] = [];
  for (let index = 0; index < tree.nodes.length;) {
    const node = tree.nodes[index];
    if (node === undefined) break;
    rows.push(index);
    index = collapsed.has(node.key) ? node.end : index + 1;
  }
  return rows;
}

/** Keys of all rows above this one, nearest first: what must be expanded for it to be seen. */
export function ancestorsOf(tree: TraceTree, index: number): string[] {
  const keys: string[] = [];
  for (let at = tree.nodes[index]?.parent ?? -1; at >= 0; at = tree.nodes[at]?.parent ?? -1) {
    keys.push(tree.nodes[at]?.key ?? '');
  }
  return keys;
}

class TreeBuilder {
  readonly indexOf = new Map<string, number>();
  readonly #nodes: TreeNode[] = [];
  readonly #byParent: ReadonlyMap<string, readonly SpanRow[]>;
  readonly #start: bigint;
  #rootCount = 0;

  constructor(byParent: ReadonlyMap<string, readonly SpanRow[]>, start: bigint) {
    this.#byParent = byParent;
    this.#start = start;
  }

  /** Adds a root and all that hangs below it; nothing when the span stands in the tree already. */
  addRoot(span: SpanRow, isLoop: boolean): void {
    this.#walk({ ...this.#entryOf(span, this.#rootPlace()), isLoop });
  }

  addMissing(key: string, children: readonly SpanRow[]): void {
    this.#walk({ key, children, ...this.#rootPlace(), isLoop: false });
  }

  finish(): readonly TreeNode[] {
    // Descendants stand after their ancestors: from the end, each row has its own result before its parent asks.
    for (let index = this.#nodes.length - 1; index >= 0; index -= 1) {
      const node = this.#nodes[index];
      const parent = node === undefined ? undefined : this.#nodes[node.parent];
      if (node === undefined || parent === undefined) continue;
      parent.hasErrorBelow ||= node.isError || node.hasErrorBelow;
      parent.end = Math.max(parent.end, node.end);
    }
    return this.#nodes;
  }

  #walk(root: Entry): void {
    const waiting: Entry[] = [root];
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      if (this.indexOf.has(entry.key)) continue;
      const index = this.#nodes.length;
      this.indexOf.set(entry.key, index);
      this.#nodes.push(this.#nodeOf(entry, index));
      for (const below of this.#entriesBelow(entry, index)) waiting.push(below);
    }
  }

  /** Last one first, as they are taken from the end. */
  #entriesBelow({ children, depth }: Entry, parent: number): Entry[] {
    const siblings = children.length;
    return children
      .map((span, at) => this.#entryOf(span, { depth: depth + 1, parent, position: at + 1, siblings }))
      .toReversed();
  }

  /** How many roots there will be is not known while they are added: -1 says so in ARIA. */
  #rootPlace(): Place {
    this.#rootCount += 1;
    return { depth: 0, parent: -1, position: this.#rootCount, siblings: -1 };
  }

  #entryOf(span: SpanRow, place: Place): Entry {
    return { key: span.spanId, span, children: this.#byParent.get(span.spanId) ?? [], ...place, isLoop: false };
  }

  #nodeOf(entry: Entry, index: number): TreeNode {
    const range = entry.span === undefined ? this.#rangeOf(entry.children) : this.#rangeOf([entry.span]);
    return {
      key: entry.key,
      ...(entry.span === undefined ? {} : { span: entry.span }),
      depth: entry.depth,
      parent: entry.parent,
      end: index + 1,
      childCount: entry.children.length,
      position: entry.position,
      siblings: entry.siblings,
      ...range,
      isError: entry.span?.status === 'error',
      hasErrorBelow: false,
      isLoop: entry.isLoop,
    };
  }

  #rangeOf(spans: readonly SpanRow[]): { offsetNs: number; durationNs: number } {
    const offsets = spans.map((span) => Number(nanos(span.startUnixNano) - this.#start));
    const ends = spans.map((span, at) => (offsets[at] ?? 0) + Math.max(span.durationNs, 0));
    const offsetNs = offsets.reduce((first, offset) => Math.min(first, offset), offsets[0] ?? 0);
    return { offsetNs, durationNs: ends.reduce((last, end) => Math.max(last, end), offsetNs) - offsetNs };
  }
}

function parentKey(span: SpanRow, ids: ReadonlySet<string>): string {
  if (span.parentSpanId === undefined) return '';
  return ids.has(span.parentSpanId) ? span.parentSpanId : `missing:${span.parentSpanId}`;
}

/** A trace may have log lines only; its clock then starts with the first of them. */
function startOf(trace: TraceView): string {
  return trace.spans[0]?.startUnixNano ?? trace.logs[0]?.timeUnixNano ?? '0';
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
