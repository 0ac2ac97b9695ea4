/** Whether requests are compressed: OTEL_EXPORTER_OTLP_COMPRESSION and its three variants. */
import { expect, test } from 'vitest';

import { untilReceived, visit, visitByDefault, visitWithBadOnes } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_COMPRESSION';
const variants = ['TRACES', 'LOGS', 'METRICS'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`);
const env = { OTEL_METRIC_EXPORT_INTERVAL: '600' };
const options = { env, path: '/all?stay', until: untilReceived('metrics') };

/** Encoding by path; the receiver has decompressed and parsed each body, or `json` would be undefined. */
function encodings({ requests }: Awaited<ReturnType<typeof visit>>): unknown {
  expect(requests.every(({ json }) => json !== undefined)).toBe(true);
  return Object.fromEntries(requests.map(({ path, headers }) => [path, headers['content-encoding']]));
}

test('unset and blank mean none', async () => {
  for (const sighting of await visitByDefault(all)) expect(encodings(sighting)).toEqual({ '/v1/traces': undefined });
});

test('gzip compresses every signal, and none none', async () => {
  const gzip = await visit({ ...env, [all]: 'GZip' }, options);
  expect(gzip.stderr).toBe('');
  expect(encodings(gzip)).toEqual({ '/v1/traces': 'gzip', '/v1/logs': 'gzip', '/v1/metrics': 'gzip' });
  expect(encodings(await visit({ [all]: 'none' }))).toEqual({ '/v1/traces': undefined });
});

test.each(variants)('%s wins for its signal', async (variable) => {
  const own = `/v1/${variable.split('_').at(-2)?.toLowerCase()}`;
  const sighting = await visit({ ...env, [all]: 'gzip', [variable]: 'none' }, options);
  expect(sighting.stderr).toBe('');
  expect(encodings(sighting)).toEqual({
    '/v1/traces': 'gzip',
    '/v1/logs': 'gzip',
    '/v1/metrics': 'gzip',
    [own]: undefined,
  });
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected gzip or none; none is used';
  const bad = [all, ...variants].map((variable) => ({ variable, value: 'zstd', complaint }));
  const sighting = await visitWithBadOnes(bad);
  expect(encodings(sighting)).toEqual({ '/v1/traces': undefined });
});
