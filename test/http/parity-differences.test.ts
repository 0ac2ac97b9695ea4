/** Where ours differs from the stock instrumentation on purpose. docs/parity.md has each of these, with its reason. */
import { expect, onTestFinished, test } from 'vitest';

import type { PlainSpan } from './support/otlp-json.ts';
import { exchange } from './support/raw-client.ts';
import { startTracedApp } from './support/traced-app.ts';
import type { TracedApp } from './support/traced-app.ts';

interface Observed {
  /** Name, status and error type of the server spans, in the order of their paths. */
  readonly spans: readonly (readonly unknown[])[];
  /** Path, span status, response status and error type of the server spans. */
  readonly statuses: readonly (readonly unknown[])[];
  /** Their `http.route`. */
  readonly routes: readonly unknown[];
  /** What the process heard of, as `uncaughtException`. */
  readonly thrown: unknown;
}

async function observe(paths: readonly string[], options: Parameters<typeof startTracedApp>[1]): Promise<Observed> {
  const app = await startTracedApp('differences-app.mjs', options);
  for (const path of paths) await visit(app, path);
  const { received } = await exchange({ port: app.port, send: requestText('/thrown') });
  await app.stop();
  const thrown: unknown = JSON.parse(received.split('\r\n\r\n')[1] ?? '');
  const wanted = app.spans().filter((span) => pathOf(span) !== '/thrown');
  const statuses = wanted.map((span) => {
    const { status, attributes } = span;
    return [pathOf(span), status.code, attributes['http.response.status_code'], attributes['error.type']];
  });
  const routes = wanted.map(({ attributes }) => attributes['http.route']);
  return {
    thrown,
    statuses,
    routes,
    spans: wanted.map(summary).toSorted((a, b) => String(a).localeCompare(String(b))),
  };
}

async function visit(app: TracedApp, path: string): Promise<void> {
  await exchange({ port: app.port, send: requestText(path), hangUpAfter: (text) => text.includes('\r\n\r\n') });
}

function requestText(path: string): string {
  if (path === '/upgrade') return `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n`;
  const expectation = path === '/refused' ? 'Expect: 100-continue\r\nContent-Length: 5\r\n' : '';
  return `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${expectation}\r\n`;
}

function pathOf({ attributes }: PlainSpan): unknown {
  return attributes['url.path'];
}

function summary(span: PlainSpan): readonly unknown[] {
  const { status, attributes, events } = span;
  return [pathOf(span), status.code, status.message, attributes['error.type'], events.map(({ name }) => name).join()];
}

async function both(paths: readonly string[]): Promise<{ readonly ours: Observed; readonly stock: Observed }> {
  const [ours, stock] = await Promise.all([
    observe(paths, {}),
    observe(paths, { preload: './test/http/apps/stock-preload.mjs' }),
  ]);
  return { ours, stock };
}

test('a request that the application takes by checkContinue has a span of ours, none of stock', async () => {
  const { ours, stock } = await both(['/refused']);
  expect(ours.spans).toEqual([['/refused', 0, undefined, undefined, '']]);
  expect(stock.spans).toEqual([]);
});

test('a thrown text has an error type and a message of ours, none of stock', async () => {
  const { ours, stock } = await both(['/throwText']);
  expect(ours.spans).toEqual([['/throwText', 2, 'a text', 'Error', 'exception']]);
  expect(stock.spans).toEqual([['/throwText', 2, undefined, undefined, 'exception']]);
  expect([ours.thrown, stock.thrown]).toEqual([['a text'], ['a text']]);
});

test('throw undefined reaches the process as without us; stock swallows it', async () => {
  const { ours, stock } = await both(['/throwNothing']);
  expect(ours.thrown).toEqual(['undefined']);
  expect(ours.spans).toEqual([['/throwNothing', 2, 'undefined', 'Error', 'exception']]);
  expect(stock.thrown).toEqual([]);
});

const answers: readonly [path: string, ours: readonly unknown[], stock: readonly unknown[]][] = [
  ['/late', [0, 200, undefined], [2, undefined, 'Error']],
  ['/failedAndAnswered', [0, 200, undefined], [2, undefined, 'RangeError']],
  ['/thrownAndAnswered', [2, 500, '500'], [2, undefined, 'TypeError']],
  ['/destroyed', [0, undefined, undefined], [0, 200, undefined]],
  ['/gone', [0, undefined, undefined], [2, 503, '503']],
];

test('the status is the one that the client got, and none when it got none', async () => {
  const { ours, stock } = await both(answers.map(([path]) => path));
  for (const [path, ownStatus, stockStatus] of answers) {
    expect([path, ...statusOf(ours, path)]).toEqual([path, ...ownStatus]);
    expect([path, ...statusOf(stock, path)]).toEqual([path, ...stockStatus]);
  }
});

function statusOf({ statuses }: Observed, path: string): readonly unknown[] {
  return statuses.find(([of]) => of === path)?.slice(1) ?? ['no span'];
}

test('a handler that threw has its route in ours, not in stock', async () => {
  const { ours, stock } = await both(['/routedAndThrown']);
  expect([ours.routes, stock.routes]).toEqual([['/routed/:id'], [undefined]]);
});

test('a refused upgrade has a span of ours with the status written by hand, none of stock', async () => {
  const { ours, stock } = await both(['/upgrade']);
  expect(ours.statuses).toEqual([['/upgrade', 0, 401, undefined]]);
  expect(stock.statuses).toEqual([]);
});

test('a request that one server hands to another is one span of ours, two of stock', async () => {
  const { ours, stock } = await both(['/handed']);
  expect(ours.spans).toHaveLength(1);
  expect(stock.spans).toHaveLength(2);
});

test('a request that is open when the process ends has a span of ours, none of stock', async () => {
  const { ours, stock } = await open();
  expect(ours.map(summary)).toEqual([
    ['/hold', 2, 'the process exited before the response was finished', 'process_exit', ''],
  ]);
  expect(stock).toEqual([]);
});

async function open(): Promise<{ readonly ours: readonly PlainSpan[]; readonly stock: readonly PlainSpan[] }> {
  const [ours, stock] = await Promise.all([
    startTracedApp('differences-app.mjs'),
    startTracedApp('differences-app.mjs', { preload: './test/http/apps/stock-preload.mjs' }),
  ]);
  for (const app of [ours, stock]) {
    let hasArrived = false;
    const arrived = Promise.withResolvers<void>();
    const exchanged = exchange({
      port: app.port,
      send: requestText('/hold'),
      hangUpAfter: (text) => {
        if (!hasArrived && text !== '') arrived.resolve();
        hasArrived = true;
        return false;
      },
    });
    await arrived.promise;
    await app.stop();
    await exchanged;
  }
  return { ours: ours.spans(), stock: stock.spans() };
}

test('a measured response that has lost its request throws nothing at its close, with the stock instrumentation', async () => {
  const env = { REQLENS_HTTP_SERVER: 'otel', REQLENS_PRIVILEGED_ROLES: 'admin' };
  const app = await startTracedApp('differences-app.mjs', { env });
  onTestFinished(async () => void (await app.stop()));
  const tracked = requestText('/withoutRequest').replace('\r\n\r\n', '\r\nX-Debug-Resource-Tracking: 1\r\n\r\n');
  await exchange({ port: app.port, send: tracked });
  const { received } = await exchange({ port: app.port, send: requestText('/thrown') });
  expect(received.split('\r\n\r\n')[1]).toBe('[]');
});
