import { expect, test } from 'vitest';
import type { SpanRow, TraceView } from '../../../collector/view/api-types.ts';
import { ancestorsOf, treeOf, visibleRows } from '../../../collector/view/web/trace-tree.ts';

/** `start` and `for` in nanoseconds after an arbitrary instant. */
function span(
  spanId: string,
  parentSpanId: string | undefined,
  at: { start: number; for: number; error?: boolean },
): SpanRow {
  return {
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: spanId,
    kind: 'internal',
    service: 's',
    startUnixNano: String(1_700_000_000_000_000_000n + BigInt(at.start)),
    durationNs: at.for,
    status: at.error === true ? 'error' : 'unset',
    attributes: {},
    resource: {},
    scope: { name: '' },
    events: [],
    links: [],
  };
}

function treeFrom(...spans: readonly SpanRow[]): ReturnType<typeof treeOf> {
  return treeFromAll(spans);
}

function treeFromAll(spans: readonly SpanRow[]): ReturnType<typeof treeOf> {
  const trace: TraceView = { traceId: 'a'.repeat(32), spans, logs: [], related: [], isTruncated: false };
  return treeOf(trace);
}

const shape = (tree: ReturnType<typeof treeOf>): string[] =>
  tree.nodes.map((node) => `${'-'.repeat(node.depth)}${node.key}`);

test('children stand below their parent, siblings in the order given, times count from the first span', () => {
  const tree = treeFrom(
    span('root', undefined, { start: 100, for: 900 }),
    span('a', 'root', { start: 150, for: 100 }),
    span('b', 'root', { start: 300, for: 50 }),
    span('a1', 'a', { start: 160, for: 20, error: true }),
  );
  expect(shape(tree)).toEqual(['root', '-a', '--a1', '-b']);
  expect(tree.nodes.map(({ offsetNs }) => offsetNs)).toEqual([0, 50, 60, 200]);
  expect(tree.nodes.map(({ end }) => end)).toEqual([4, 3, 3, 4]);
  expect(tree.nodes.map(({ hasErrorBelow }) => hasErrorBelow)).toEqual([true, true, false, false]);
  expect(tree.nodes.map(({ position, siblings }) => [position, siblings])).toEqual([
    [1, -1],
    [1, 2],
    [1, 1],
    [2, 2],
  ]);
  expect(tree.durationNs).toBe(900);
});

test('a child that begins before its parent is where the trace begins', () => {
  const tree = treeFrom(span('root', undefined, { start: 50, for: 10 }), span('early', 'root', { start: 20, for: 5 }));
  expect(tree.nodes.map(({ offsetNs }) => offsetNs)).toEqual([30, 0]);
  expect(tree.durationNs).toBe(40);
});

test('spans whose parent has not arrived stand together under its place', () => {
  const tree = treeFrom(
    span('root', undefined, { start: 0, for: 100 }),
    span('x', 'gone', { start: 10, for: 20 }),
    span('y', 'gone', { start: 40, for: 20 }),
    span('z', 'lost', { start: 5, for: 1 }),
  );
  expect(shape(tree)).toEqual(['root', 'missing:gone', '-x', '-y', 'missing:lost', '-z']);
  expect(tree.nodes[1]).toMatchObject({ offsetNs: 10, durationNs: 50, childCount: 2 });
  expect(tree.nodes[1]).not.toHaveProperty('span');
});

test('parents that form a loop, or a span that is its own parent, are shown once and marked', () => {
  const tree = treeFrom(
    span('a', 'b', { start: 0, for: 1 }),
    span('b', 'a', { start: 1, for: 1 }),
    span('self', 'self', { start: 2, for: 1 }),
  );
  expect(shape(tree)).toEqual(['a', '-b', 'self']);
  expect(tree.nodes.map(({ isLoop }) => isLoop)).toEqual([true, false, true]);
});

test('a chain of 20,000 spans needs no stack', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) =>
    span(`s${at}`, at === 0 ? undefined : `s${at - 1}`, { start: at, for: 1 }),
  );
  const tree = treeFromAll(chain);
  expect(tree.nodes.at(-1)?.depth).toBe(19_999);
  expect(ancestorsOf(tree, 19_999)).toHaveLength(19_999);
});

test('a parent with 200,000 children needs no stack either', () => {
  const children = Array.from({ length: 200_000 }, (_, at) => span(`c${at}`, 'root', { start: at, for: 1 }));
  expect(treeFromAll([span('root', undefined, { start: 0, for: 1 }), ...children]).nodes).toHaveLength(200_001);
});

test('a folded row hides all that is below it, folded or not', () => {
  const tree = treeFrom(
    span('root', undefined, { start: 0, for: 9 }),
    span('a', 'root', { start: 1, for: 1 }),
    span('a1', 'a', { start: 1, for: 1 }),
    span('b', 'root', { start: 3, for: 1 }),
  );
  const keys = (...folded: string[]): (string | undefined)[] =>
    visibleRows(tree, new Set(folded)).map((index) => tree.nodes[index]?.key);
  expect(keys()).toEqual(['root', 'a', 'a1', 'b']);
  expect(keys('a')).toEqual(['root', 'a', 'b']);
  expect(keys('root', 'a')).toEqual(['root']);
});

test('a trace of log lines only begins with the first of them', () => {
  const log = {
    id: 1,
    timeUnixNano: '1700000000000000005',
    severityNumber: 9,
    severityText: 'INFO',
    body: '',
    logger: '',
    service: '',
    attributes: {},
  };
  const tree = treeOf({ traceId: 'a'.repeat(32), spans: [], logs: [log], related: [], isTruncated: false });
  expect(tree).toMatchObject({ nodes: [], startUnixNano: '1700000000000000005', durationNs: 1 });
});
