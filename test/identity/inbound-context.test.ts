/** What comes of trace context, baggage and sampled flags that a caller sends: all of it when he is trusted, nothing when he is not. */
import { describe, expect, test } from 'vitest';

import { serverSpan, visit } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const path = '/call?to={receiver}';
const propagators = 'tracecontext,baggage,b3,b3multi';
/** None of these may be in anything that leaves the process, but for the link that names the caller's trace. */
const marker = 'h0st1le';

const forms: readonly { title: string; headers: Record<string, string> }[] = [
  { title: 'traceparent', headers: { traceparent: `00-${traceId}-${spanId}-01`, tracestate: `v=${marker}` } },
  { title: 'b3', headers: { b3: `${traceId}-${spanId}-1` } },
  { title: 'b3 with the debug flag', headers: { b3: `${traceId}-${spanId}-d` } },
  { title: 'b3multi', headers: { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' } },
  {
    title: 'b3multi with the debug flag',
    headers: { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-flags': '1' },
  },
];

/** All headers of the calls that the application made. */
function sentOn({ called }: Sighting): string {
  return JSON.stringify(called.map(({ headers }) => headers));
}

describe.each([{ server: 'reqlens' }, { server: 'otel' }])('REQLENS_HTTP_SERVER=$server', ({ server }) => {
  const env = { REQLENS_HTTP_SERVER: server, OTEL_PROPAGATORS: propagators };

  test.each(forms)(
    '$title of an untrusted caller goes nowhere, and its flag does not switch sampling on',
    async ({ headers }) => {
      const sighting = await visit(
        { ...env, REQLENS_TRUST_TRACEPARENT: 'never', OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
        { path, headers: { ...headers, baggage: `a=${marker}` } },
      );
      expect(sighting.called).toHaveLength(2);
      expect(sentOn(sighting)).not.toMatch(new RegExp(`${traceId}|${marker}|x-b3-flags|-d"`));
      expect(sighting.spans).toEqual([]);
    },
  );

  test.each(forms)('nor does it switch it off: $title', async ({ headers }) => {
    const off = Object.entries(headers).map(([name, value]) => [
      name,
      name.endsWith('sampled') ? '0' : value.replace(/-(?:01|1|d)$/, (flag) => (flag === '-01' ? '-00' : '-0')),
    ]);
    const sighting = await visit(
      { ...env, REQLENS_TRUST_TRACEPARENT: 'never' },
      { path, headers: { ...Object.fromEntries(off), baggage: `a=${marker}` } },
    );
    const span = serverSpan(sighting);
    expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId }] });
    expect(JSON.stringify(sighting.requests)).not.toContain(marker);
  });

  test.each(forms)('$title of a trusted caller is continued, and switches sampling on', async ({ headers }) => {
    const sighting = await visit(
      { ...env, OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
      { path, headers: { ...headers, baggage: `a=${marker}` } },
    );
    expect(serverSpan(sighting)).toMatchObject({ traceId, parentSpanId: spanId, links: [] });
    for (const call of sighting.called) {
      expect(call.headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-01$`));
      expect(call.headers['baggage']).toBe(`a=${marker}`);
      expect(call.headers['tracestate']).toBe(headers['tracestate']);
    }
  });

  test('the random flag of a trusted caller is passed on, sampled or not', async () => {
    for (const [flags, sampler] of [
      ['02', 'parentbased_always_on'],
      ['03', 'parentbased_always_on'],
      ['03', 'always_off'],
    ] as const) {
      const sighting = await visit(
        { ...env, OTEL_TRACES_SAMPLER: sampler },
        { path, headers: { traceparent: `00-${traceId}-${spanId}-${flags}` } },
      );
      const expected = sampler === 'always_off' ? '02' : flags;
      expect(sighting.called.map(({ headers }) => String(headers['traceparent']).slice(-2))).toEqual([
        expected,
        expected,
      ]);
    }
  });
});

test.each([
  ['b3', { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' }],
  ['b3multi', { b3: `${traceId}-${spanId}-1` }],
])('OTEL_PROPAGATORS=%s reads the other form of B3 too', async (name, headers) => {
  const sighting = await visit({ OTEL_PROPAGATORS: name }, { headers });
  expect(serverSpan(sighting)).toMatchObject({ traceId, parentSpanId: spanId });
});
