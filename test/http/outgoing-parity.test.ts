/**
 * Our client spans and metric beside those of the stock instrumentations: the same calls by the same program to the same target,
 * once under `./register.js` and once under OpenTelemetry's own SDK with no reqlens at all.
 */
import { beforeAll, describe, expect, test } from 'vitest';

import { startCallTarget } from './support/call-target.ts';
import type { PlainAttributes, PlainHistogram, PlainSpan } from './support/otlp-json.ts';
import { startTracedApp } from './support/traced-app.ts';

const metricName = 'http.client.request.duration';

interface Side {
  /** Client spans by the name of their call. */
  readonly spans: ReadonlyMap<string, readonly PlainSpan[]>;
  readonly histograms: readonly PlainHistogram[];
}

async function observe(options: Parameters<typeof startTracedApp>[1]): Promise<Side> {
  const target = await startCallTarget();
  const app = await startTracedApp('outgoing-parity-app.mjs', options);
  const at = `http://127.0.0.1:${app.port}`;
  const calls: string[] = JSON.parse(await (await fetch(`${at}/calls`)).text());
  for (const call of calls) await (await fetch(`${at}/${encodeURIComponent(call)}?to=${target.port}`)).text();
  await app.stop();
  await target.close();
  const clients = app.spans().filter(({ kind }) => kind === 3);
  return {
    spans: new Map(
      calls.map((call) => [
        call,
        clients.filter((span) => callOf(span) === call).map((span) => comparable(span, target.port)),
      ]),
    ),
    histograms: app.histograms().filter(({ name }) => name === metricName),
  };
}

function callOf({ attributes }: PlainSpan): string {
  return decodeURIComponent(
    new URL(String(attributes['url.full'])).pathname.split('/').find((part) => part !== '') ?? '',
  );
}

/** Everything but ids and times; ports that are the system's choice by what they are. */
function comparable(span: PlainSpan, port: number): PlainSpan {
  const attributes: Record<string, unknown> = { ...span.attributes };
  // What only ours has: docs/parity.md.
  delete attributes['reqlens.request.id'];
  const text = JSON.stringify({ ...span, attributes, events: span.events.map(withoutStack) }, (key, value: unknown) => {
    if (['scope', 'traceId', 'spanId', 'parentSpanId', 'startNs'].includes(key)) return undefined;
    return key.endsWith('.port') ? (value === port ? 'of the target' : 'another') : value;
  });
  return JSON.parse(text.replaceAll(/127\.0\.0\.1:\d+/g, 'target'));
}

function withoutStack({ name, attributes }: PlainSpan['events'][number]): PlainSpan['events'][number] {
  const { 'exception.stacktrace': _, ...rest } = attributes;
  return { name, attributes: rest };
}

/** Without what the exporters send: stock counts its own too. */
function pointsOf(histograms: readonly PlainHistogram[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { points } of histograms)
    for (const { attributes, count } of points) {
      const key = keyOf(attributes);
      if (key.includes('"POST"') && count > 1) continue;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** An answer that was cut off is an error for us alone. */
function keyOf(attributes: PlainAttributes): string {
  const isCut = attributes['error.type'] === 'Error' && 'http.response.status_code' in attributes;
  const compared = Object.entries(attributes).filter(([name]) => !isCut || name !== 'error.type');
  const entries = compared.map(([name, value]) => [name, name === 'server.port' ? 'a port' : value]);
  return JSON.stringify(entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

describe.each([
  { name: 'our outgoing calls', env: {} },
  { name: 'REQLENS_HTTP_CLIENT=otel', env: { REQLENS_HTTP_CLIENT: 'otel' } },
])('$name beside the stock SDK', ({ env }) => {
  let ours: Side;
  let stock: Side;
  beforeAll(async () => {
    [ours, stock] = await Promise.all([
      observe({ env }),
      observe({ preload: './test/http/apps/stock-preload.mjs', env: { TEST_OUTGOING: '1' } }),
    ]);
  }, 120_000);

  /** The differences on purpose: docs/parity.md. */
  const differing = new Set(env.REQLENS_HTTP_CLIENT === 'otel' ? [] : ['cut off', 'doubled']);

  test('the same spans: name, kind, status, flags, events and every attribute', () => {
    expect(ours.spans.size).toBeGreaterThan(30);
    const alike = [...ours.spans].filter(([call]) => !differing.has(call));
    for (const [call, spans] of alike) expect({ call, spans }).toEqual({ call, spans: stock.spans.get(call) });
    for (const call of differing) expect([call, ours.spans.get(call)]).not.toEqual([call, stock.spans.get(call)]);
  });

  test('the same points of http.client.request.duration, in seconds and with the same buckets', () => {
    expect(pointsOf(ours.histograms)).toEqual(pointsOf(stock.histograms));
    for (const { unit, points } of [...ours.histograms, ...stock.histograms]) {
      expect(unit).toBe('s');
      expect(new Set(points.map(({ bounds }) => bounds.join()))).toEqual(
        new Set(['0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,1,2.5,5,7.5,10']),
      );
    }
  });
});
