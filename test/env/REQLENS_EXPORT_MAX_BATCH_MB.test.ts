/** How large a request is. */
import { expect, test } from 'vitest';

import { visitWithBad } from '../support/env-visit.ts';
import { arrivedLines, lineNames, newSpool, receiverOn, spoolEnv, spoolingApp } from '../spool/spooling.ts';

const variable = 'REQLENS_EXPORT_MAX_BATCH_MB';

/** 60 lines of 100 kB at once. @returns The largest request, in bytes. */
async function largest(env: Readonly<Record<string, string>>): Promise<number> {
  const receiver = await receiverOn(0);
  const app = await spoolingApp({
    ...spoolEnv(receiver.port, newSpool()),
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '512',
    ...env,
  });
  await app.get('/make?name=large&lines=60&size=100000');
  await receiver.until(() => arrivedLines(receiver, 'large').length >= 60);
  expect(arrivedLines(receiver, 'large')).toEqual(lineNames('large', 60));
  return Math.max(...receiver.requests.map(({ body }) => body.byteLength));
}

test('by default no request is larger than 4 MiB', async () => {
  const bytes = await largest({});
  expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(bytes).toBeGreaterThan(2 * 1024 * 1024);
});

test('a smaller limit holds too', async () => {
  expect(await largest({ [variable]: '0.5' })).toBeLessThanOrEqual(512 * 1024);
});

test.each(['http/json', 'http/protobuf'])(
  'metrics keep within it too, over %s, and each arrives once',
  async (protocol) => {
    const receiver = await receiverOn(0);
    const app = await spoolingApp({
      ...spoolEnv(receiver.port, newSpool()),
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: protocol,
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      [variable]: '0.02',
    });
    await app.get('/metrics?count=500');
    const names = (): string[] => {
      const texts = receiver.requests
        .filter(({ path }) => path === '/v1/metrics')
        .map(({ body }) => body.toString('latin1'));
      return [...texts.join(' ').matchAll(/many\.things\.\d+/g)].map(([name]) => name);
    };
    await receiver.until(() => new Set(names()).size === 500);
    const first = names().slice(0, 500);
    expect(new Set(first).size).toBe(500);
    expect(Math.max(...receiver.requests.map(({ body }) => body.byteLength))).toBeLessThanOrEqual(0.02 * 1024 * 1024);
  },
);

test('a bad value is reported, and the default goes on', async () => {
  expect(
    await visitWithBad({ variable, value: '0', complaint: 'expected a number of MB from 0.01 to 1024; 4 is used' }),
  ).toMatchObject({ code: 0 });
});
