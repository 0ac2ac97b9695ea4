/** Who we are to a receiver that asks: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and ..._CLIENT_KEY with their three variants each. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { writeCertificates } from '../support/certificates.ts';
import type { CertificateFiles } from '../support/certificates.ts';
import { untilReceived, visit, visitWithBadOnes } from '../support/env-visit.ts';

const all = ['OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'] as const;
const signals = ['TRACES', 'LOGS', 'METRICS'];
const env = { OTEL_METRIC_EXPORT_INTERVAL: '600' };

let certificates: CertificateFiles;
beforeAll(() => {
  certificates = writeCertificates();
});
afterAll(() => {
  certificates.remove();
});

/** A receiver that takes nobody without a certificate of our authority. */
const strict = (): object => ({ tls: { ...certificates.server, ca: certificates.authority, requestCert: true } });
const trust = (): Record<string, string> => ({ ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.authorityFile });

const paths = ({ requests }: Awaited<ReturnType<typeof visit>>): string[] =>
  [...new Set(requests.map(({ path }) => path))].toSorted();

test('unset and blank show no certificate, and such a receiver takes nothing', async () => {
  for (const value of [undefined, ' ']) {
    const own = { [all[0]]: value, [all[1]]: value };
    const { requests, code } = await visit({ ...trust(), ...own }, { receiver: strict() });
    expect({ requests, code }).toEqual({ requests: [], code: 0 });
  }
});

test('certificate and key are shown for every signal', async () => {
  const own = { [all[0]]: certificates.clientFile, [all[1]]: certificates.clientKeyFile };
  const options = { path: '/all?stay', until: untilReceived('metrics'), receiver: strict() };
  const sighting = await visit({ ...trust(), ...own }, options);
  expect(sighting.stderr).toBe('');
  expect(paths(sighting)).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces']);
});

test.each(signals)('those of %s are shown for that signal alone', async (signal) => {
  const own = {
    [`OTEL_EXPORTER_OTLP_${signal}_CLIENT_CERTIFICATE`]: certificates.clientFile,
    [`OTEL_EXPORTER_OTLP_${signal}_CLIENT_KEY`]: certificates.clientKeyFile,
  };
  const options = {
    path: '/all?stay',
    receiver: strict(),
    until: signal === 'METRICS' ? untilReceived('metrics') : async () => undefined,
  };
  expect(paths(await visit({ ...trust(), ...own }, options))).toEqual([`/v1/${signal.toLowerCase()}`]);
});

const both = ['CLIENT_CERTIFICATE', 'CLIENT_KEY'];
const variables = both.flatMap((suffix) =>
  ['', ...signals.map((signal) => `${signal}_`)].map((signal) => `OTEL_EXPORTER_OTLP_${signal}${suffix}`),
);

test('a file that cannot be read is reported and ignored, the path of a key not shown', async () => {
  const complaint = 'expected the path of a readable file; it is ignored';
  const value = '/missing/client.pem';
  const bad = variables.map((variable) => ({
    variable,
    value,
    shown: variable.endsWith('KEY') ? '***' : value,
    complaint,
  }));
  expect(bad).toHaveLength(8);
  expect((await visitWithBadOnes(bad)).requests).toHaveLength(1);
});
