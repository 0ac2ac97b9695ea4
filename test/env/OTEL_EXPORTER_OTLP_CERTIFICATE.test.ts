/** Whom we trust to be the receiver: OTEL_EXPORTER_OTLP_CERTIFICATE and its three variants. The receiver speaks TLS. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { writeCertificates } from '../support/certificates.ts';
import type { CertificateFiles } from '../support/certificates.ts';
import { untilReceived, visit, visitWithBadOnes } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_CERTIFICATE';
const variants = ['TRACES', 'LOGS', 'METRICS'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}_CERTIFICATE`);
const env = { OTEL_METRIC_EXPORT_INTERVAL: '600' };

let certificates: CertificateFiles;
beforeAll(() => {
  certificates = writeCertificates();
});
afterAll(() => {
  certificates.remove();
});

const paths = ({ requests }: Awaited<ReturnType<typeof visit>>): string[] =>
  [...new Set(requests.map(({ path }) => path))].toSorted();

test("unset and blank trust Node's own authorities, of which ours is none: nothing arrives", async () => {
  for (const value of [undefined, ' ']) {
    const { requests, code } = await visit({ [all]: value }, { receiver: { tls: certificates.server } });
    expect({ requests, code }).toEqual({ requests: [], code: 0 });
  }
});

test('the authority in the file is trusted for every signal', async () => {
  const receiver = { tls: certificates.server };
  const options = { path: '/all?stay', until: untilReceived('metrics'), receiver };
  const sighting = await visit({ ...env, [all]: certificates.authorityFile }, options);
  expect(sighting.stderr).toBe('');
  expect(paths(sighting)).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces']);
});

test.each(variants)('%s is for its signal alone', async (variable) => {
  const own = variable.split('_').at(-2)?.toLowerCase();
  const options = {
    path: '/all?stay',
    receiver: { tls: certificates.server },
    until: own === 'metrics' ? untilReceived('metrics') : async () => undefined,
  };
  expect(paths(await visit({ ...env, [variable]: certificates.authorityFile }, options))).toEqual([`/v1/${own}`]);
});

test('a file that cannot be read is reported and ignored', async () => {
  const complaint = 'expected the path of a readable file; it is ignored';
  const bad = [all, ...variants].map((variable) => ({ variable, value: '/missing/ca.pem', complaint }));
  const sighting = await visitWithBadOnes(bad);
  expect(sighting.requests).toHaveLength(1);
});
