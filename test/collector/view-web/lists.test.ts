import { expect, test } from 'vitest';
import type { LogRow, RequestRow, SpanRow } from '../../../collector/view/api-types.ts';
import { withNewest, withOlder } from '../../../collector/view/web/request-feed.ts';
import { nextOf, TraceSearch } from '../../../collector/view/web/search-in-trace.ts';
import { treeOf } from '../../../collector/view/web/trace-tree.ts';
import { rowsInView, scrollTopToShow } from '../../../collector/view/web/virtual-window.ts';

const row = (spanId: string, spanCount = 1): RequestRow => ({
  traceId: 't',
  spanId,
  service: 's',
  name: 'n',
  startUnixNano: '1',
  durationNs: 1,
  isError: false,
  spanCount,
  errorCount: 0,
  logCount: 0,
});
const ids = (rows: readonly RequestRow[]): string[] => rows.map(({ spanId, spanCount }) => `${spanId}${spanCount}`);

test('known requests are renewed where they stand, new ones come in at the top', () => {
  const feed = withNewest({ shown: [row('b'), row('a')], waiting: [] }, [row('c'), row('a', 5)], false);
  expect([ids(feed.shown), ids(feed.waiting)]).toEqual([['c1', 'b1', 'a5'], []]);
});

test('a list that is held still keeps new requests waiting, and lets them in together', () => {
  const held = withNewest({ shown: [row('a')], waiting: [] }, [row('b'), row('a', 2)], true);
  const longer = withNewest(held, [row('c'), row('b', 7)], true);
  expect([ids(longer.shown), ids(longer.waiting)]).toEqual([['a2'], ['c1', 'b7']]);
  expect(ids(withNewest(longer, [], false).shown)).toEqual(['c1', 'b7', 'a2']);
});

test('an older page goes to the end, without what is there already', () => {
  const feed = withOlder({ shown: [row('c')], waiting: [row('d')] }, [row('c'), row('d'), row('b')]);
  expect(ids(feed.shown)).toEqual(['c1', 'b1']);
});

test('only rows on the screen and a few beside it are in the page', () => {
  const view = { height: 260, rowHeight: 26, rowCount: 10_000 };
  expect(rowsInView({ ...view, scrollTop: 0 })).toEqual({ first: 0, end: 22 });
  expect(rowsInView({ ...view, scrollTop: 26_000 })).toEqual({ first: 988, end: 1022 });
  expect(rowsInView({ ...view, scrollTop: 259_740 })).toEqual({ first: 9978, end: 10_000 });
  expect(rowsInView({ ...view, scrollTop: 0, rowCount: 0 })).toEqual({ first: 0, end: 0 });
  expect(rowsInView({ ...view, scrollTop: 99_999, rowCount: 3 })).toEqual({ first: 3, end: 3 });
});

test('showing a row scrolls no further than needed', () => {
  const view = { height: 260, rowHeight: 26, rowCount: 100, scrollTop: 520 };
  expect([25, 5, 60, 0].map((index) => scrollTopToShow(index, view))).toEqual([520, 104, 1352, 0]);
});

test('a search looks into names, attributes, events and log lines, all of its words in any case', () => {
  const span: SpanRow = {
    spanId: '00000000000000aa',
    name: 'Charge Card',
    kind: 'client',
    service: 'payment',
    startUnixNano: '1',
    durationNs: 1,
    status: 'unset',
    attributes: { 'shop.sku': 'Grinder', nested: ['deep'] },
    resource: {},
    scope: { name: '' },
    events: [{ name: 'retried', timeUnixNano: '1', attributes: {} }],
    links: [],
  };
  const log: LogRow = {
    id: 1,
    timeUnixNano: '1',
    severityNumber: 9,
    severityText: '',
    body: 'code 51',
    logger: 'shop.payment',
    service: 'payment',
    spanId: span.spanId,
    attributes: {},
  };
  const tree = treeOf({
    traceId: 't',
    spans: [{ ...span, spanId: '00000000000000bb', name: 'other', attributes: {}, events: [] }, span],
    logs: [log],
    related: [],
    isTruncated: false,
  });
  const search = new TraceSearch(tree, [log]);
  const found = [
    'card CHARGE',
    'shop.sku=grinder',
    'deep',
    'retried',
    'code 51',
    'payment',
    'nowhere',
    'card nowhere',
    ' ',
  ].map((query) => search.rowsWith(query));
  expect(found).toEqual([[1], [1], [1], [1], [1], [0, 1], [], [], []]);
});

test('next and previous go round the ends', () => {
  expect([
    nextOf([2, 5], 2, 1),
    nextOf([2, 5], 5, 1),
    nextOf([2, 5], 2, -1),
    nextOf([2, 5], 9, -1),
    nextOf([], 1, 1),
  ]).toEqual([5, 2, 5, 5, undefined]);
});
