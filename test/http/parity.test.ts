/**
 * Our server spans and metrics beside those of the stock instrumentation: the same requests, byte for byte, to the same
 * program, started once under `./register.js` and once under OpenTelemetry's own SDK with no reqlens at all.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { makeCertificate } from './support/certificate.ts';
import type { Certificate } from './support/certificate.ts';
import type { PlainAttributes, PlainHistogram, PlainSpan } from './support/otlp-json.ts';
import { parityCases } from './support/parity-cases.ts';
import type { ParityCase } from './support/parity-cases.ts';
import { exchange } from './support/raw-client.ts';
import { startTracedApp } from './support/traced-app.ts';
import type { TracedApp } from './support/traced-app.ts';

/** What ours has and stock has not, and why. docs/parity.md says the same to users. */
const onlyOurs: Readonly<Record<string, string>> = {
  'reqlens.request.id': 'the request id is what reqlens is for; stock has none',
  'http.request.header.x-request-id': 'the id that the client sent, recorded only when it sent an acceptable one',
};
const scopes = { ours: 'reqlens/http', stock: '@opentelemetry/instrumentation-http' };

const stockPreload = './test/http/apps/stock-preload.mjs';

/** One case as one side saw it. */
interface Seen {
  readonly title: string;
  readonly spans: readonly PlainSpan[];
  readonly localPort: number;
}

interface Side {
  readonly seen: readonly Seen[];
  readonly histogram: PlainHistogram;
}

let certificate: Certificate;
beforeAll(() => {
  certificate = makeCertificate();
});
afterAll(() => certificate.remove());

async function observe(options: Parameters<typeof startTracedApp>[1]): Promise<Side> {
  const { key: TEST_KEY, cert: TEST_CERT } = certificate;
  const app = await startTracedApp('parity-app.mjs', { ...options, env: { ...options?.env, TEST_KEY, TEST_CERT } });
  const ports: number[] = [];
  for (const [index, each] of parityCases.entries()) ports.push(await perform(app, index, each));
  await app.stop();
  const [histogram] = app.histograms().filter(({ name }) => name === 'http.server.request.duration');
  if (histogram === undefined) throw new Error('no http.server.request.duration arrived');
  const spans = app.spans().toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  const seen = parityCases.map(({ title }, index) => ({
    title,
    spans: spans.filter(({ attributes }) => attributes['test.case'] === index),
    localPort: ports[index] ?? 0,
  }));
  expect(spans.filter(({ attributes }) => attributes['test.case'] === undefined)).toEqual([]);
  return { seen, histogram };
}

/** Starts within one millisecond have no order of their own, so spans of one case are ordered by this. */
function place({ kind, name, attributes }: PlainSpan): string {
  return `${kind} ${name} ${String(attributes['url.path'])}`;
}

/** A case whose spans do not come is given up, and fails by its title in a test below. */
const giveUpMs = 5000;

/** Goes on when the case's spans have arrived. */
async function perform(app: TracedApp, index: number, { exchange: what, spans = 1 }: ParityCase): Promise<number> {
  const port = app.ports[what.isTls === true ? 1 : 0] ?? 0;
  const numbered = (text: string): string => text.replaceAll('X-Case: #', `X-Case: ${index}`);
  const send = numbered(String(what.send));
  const { followUp } = what;
  const more = followUp === undefined ? {} : { followUp: { ...followUp, send: numbered(followUp.send) } };
  const { localPort } = await exchange({ ...what, ...more, send, port });
  const arrived = (): number => app.spans().filter(({ attributes }) => attributes['test.case'] === index).length;
  const { promise: givenUp, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, giveUpMs);
  await Promise.race([app.until(() => arrived() >= spans), givenUp]).finally(() => clearTimeout(timer));
  return localPort;
}

/** What must be equal: everything but ids and times, which no two processes share, and the known differences. */
function comparable({ spans, localPort }: Seen): unknown {
  return spans.map((span) => ({
    name: span.name,
    kind: span.kind,
    status: span.status,
    flags: span.flags,
    traceState: span.traceState,
    // An id of the client's own choice is in both; others are random.
    parent: span.parentSpanId === 'b7ad6b7169203331' ? `${span.traceId} ${span.parentSpanId}` : 'none of the client',
    links: span.links.length,
    events: span.events.map(({ name, attributes }) => ({
      name,
      attributes: { ...attributes, 'exception.stacktrace': firstLine(attributes['exception.stacktrace']) },
    })),
    attributes: { ...without(span.attributes, { ...onlyOurs, ...noPort(span) }), ...peerPort(span, localPort) },
  }));
}

/** What stock said, with what the case says of ours where they differ. */
function asOurs(seen: Seen, { client, flags, query }: NonNullable<ParityCase['ours']> = {}): Seen {
  const spans = seen.spans.map((span) => ({
    ...span,
    ...(flags === undefined ? {} : { flags }),
    attributes: {
      ...span.attributes,
      ...(client === undefined ? {} : { 'client.address': client }),
      ...(query === undefined ? {} : { 'url.query': query }),
    },
  }));
  return { ...seen, spans };
}

function without(attributes: PlainAttributes, names: Readonly<Record<string, string>>): PlainAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !(name in names)));
}

/** Known difference: what is no port is none for us, and 0, NaN or any number for stock. */
function noPort({ attributes }: PlainSpan): Readonly<Record<string, string>> {
  const port = attributes['server.port'];
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535;
  return isPort ? {} : { 'server.port': 'no port' };
}

function peerPort({ attributes }: PlainSpan, localPort: number): PlainAttributes {
  const port = attributes['network.peer.port'];
  return port === localPort ? { 'network.peer.port': 'the port of the client' } : {};
}

function firstLine(stack: unknown): unknown {
  return typeof stack === 'string' ? stack.split('\n')[0] : stack;
}

/**
 * Attributes and counts. Known difference: when a handler throws and the connection is closed later, stock writes the status
 * (a 200 that was never sent) and the route into the attributes of the point that it has recorded already.
 */
function pointsOf({ points }: PlainHistogram): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { attributes, count } of points) {
    const isThrown = String(attributes['error.type']).endsWith('Error');
    const late = { 'http.response.status_code': '', 'http.route': '' };
    const sorted = Object.entries(isThrown ? without(attributes, late) : attributes).toSorted(byName);
    const key = JSON.stringify(sorted);
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return Object.fromEntries([...counts].toSorted(byName));
}

function shape({ unit, description, temporality, points }: PlainHistogram): unknown {
  return { unit, description, temporality, bounds: [...new Set(points.map(({ bounds }) => bounds.join()))] };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

describe.each([
  // Secrets by the conventions' own list alone, as stock has it.
  { name: 'our server instrumentation', env: { REQLENS_REDACT_QUERY: 'none' }, scope: scopes.ours },
  {
    name: 'REQLENS_HTTP_SERVER=otel',
    env: { REQLENS_HTTP_SERVER: 'otel', REQLENS_REDACT_QUERY: 'none' },
    scope: scopes.stock,
  },
])('$name beside the stock SDK', ({ env, scope }) => {
  let ours: Side;
  let stock: Side;
  beforeAll(async () => {
    [ours, stock] = await Promise.all([observe({ env }), observe({ preload: stockPreload })]);
  }, 120_000);

  /** Spans that the stock server makes have no random flag, whoever is before and behind it. */
  const differenceAt = (index: number): ParityCase['ours'] => {
    const { client, flags, query } = parityCases[index]?.ours ?? {};
    return {
      ...(client === undefined ? {} : { client }),
      ...(flags === undefined || scope === scopes.stock ? {} : { flags }),
      ...(query === undefined || scope === scopes.stock ? {} : { query }),
    };
  };

  test(`${parityCases.length} requests have the same spans: name, kind, status, flags, events and every attribute`, () => {
    const differing = ours.seen.flatMap((seen, index) => {
      const [left, right] = [comparable(seen), comparable(asOurs(stock.seen[index] ?? seen, differenceAt(index)))];
      try {
        expect(left).toEqual(right);
        return [];
      } catch {
        return [{ title: seen.title, ours: left, stock: right }];
      }
    });
    expect(differing).toEqual([]);
  });

  test('every case made as many spans as it should', () => {
    const wanted = parityCases.map(({ title, spans = 1 }) => [title, spans]);
    expect(ours.seen.map(({ title, spans }) => [title, spans.length])).toEqual(wanted);
    expect(stock.seen.map(({ title, spans }) => [title, spans.length])).toEqual(wanted);
  });

  test('http.server.request.duration has the same points, counts, unit, description and buckets', () => {
    expect(pointsOf(ours.histogram)).toEqual(pointsOf(stock.histogram));
    expect(shape(ours.histogram)).toEqual(shape(stock.histogram));
    expect(ours.histogram.unit).toBe('s');
    // Seconds, not milliseconds: together the requests took less time than the test may.
    expect(ours.histogram.points.reduce((total, { sum }) => total + sum, 0)).toBeLessThan(120);
  });

  test('the known differences are real: ours has them, stock has not', () => {
    const serverSpans = ours.seen.flatMap(({ spans }) => spans.filter(({ kind }) => kind === 2));
    expect(serverSpans.every(({ attributes }) => 'reqlens.request.id' in attributes)).toBe(true);
    expect(new Set(serverSpans.map((span) => span.scope))).toEqual(new Set([scope]));
    expect(ours.histogram.scope).toBe(scope);
    const sent = serverSpans.filter(({ attributes }) => 'http.request.header.x-request-id' in attributes);
    expect(sent.map(({ attributes }) => attributes['http.request.header.x-request-id'])).toEqual([
      ['3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ]);
    const stockSpans = stock.seen.flatMap(({ spans }) => spans);
    expect(stockSpans.filter(({ attributes }) => Object.keys(onlyOurs).some((name) => name in attributes))).toEqual([]);
    expect(stock.histogram.scope).toBe(scopes.stock);
  });
});
