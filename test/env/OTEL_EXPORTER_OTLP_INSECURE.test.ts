/** Plain text for gRPC endpoints without a scheme: OTEL_EXPORTER_OTLP_INSECURE and its three variants. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import type { GrpcReceiver } from '../support/grpc-receiver.ts';
import { visit, visitWithBadOnes } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_INSECURE';
const variants = ['TRACES', 'LOGS', 'METRICS'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}_INSECURE`);

let plain: GrpcReceiver;
beforeAll(async () => {
  plain = await startGrpcReceiver();
});
afterAll(async () => {
  await plain.close();
});

/** Where the signals would go, from the start-up line, and how many calls a plain-text receiver got. */
async function seen(own: Readonly<Record<string, string>>): Promise<unknown> {
  const before = plain.calls.length;
  const { stderr } = await visit({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_ENDPOINT: plain.host,
    REQLENS_STARTUP_LINE: 'true',
    ...own,
  });
  const schemes = [...stderr.matchAll(/otlp:grpc:(\w+):\/\/localhost:\d+/g)].map(([, scheme]) => scheme);
  return { schemes, calls: plain.calls.length - before };
}

test('unset and blank mean TLS, which a plain-text receiver cannot take', async () => {
  expect(await seen({})).toEqual({ schemes: ['https', 'https', 'https'], calls: 0 });
  expect(await seen({ [all]: ' ' })).toEqual({ schemes: ['https', 'https', 'https'], calls: 0 });
});

test('true means plain text', async () => {
  expect(await seen({ [all]: 'True' })).toEqual({ schemes: ['http', 'http', 'http'], calls: 1 });
});

test('a scheme in the endpoint says it all', async () => {
  const endpoint = `http://${plain.host}`;
  expect(await seen({ [all]: 'false', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toEqual({
    schemes: ['http', 'http', 'http'],
    calls: 1,
  });
});

test.each(variants.map((variable, index) => [variable, index] as const))(
  '%s wins for its signal',
  async (variable, index) => {
    const schemes = ['http', 'http', 'http'].with(index, 'https');
    expect(await seen({ [all]: 'true', [variable]: 'false' })).toEqual({ schemes, calls: index === 0 ? 0 : 1 });
  },
);

test.each(['0', '1'])('%s is reported and means false', async (value) => {
  const complaint = 'expected true or false; false is used';
  const bad = [all, ...variants].map((variable) => ({ variable, value, complaint }));
  expect((await visitWithBadOnes(bad)).requests).toHaveLength(1);
});

test('false is no mistake', async () => {
  expect((await visit({ [all]: 'false' })).stderr).toBe('');
});
