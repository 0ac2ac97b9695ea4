/** What can be done where nobody answers depends on whose machine the address is. */
import { expect, test, vi } from 'vitest';

const said: string[] = [];
vi.doMock('../../src/standard-streams/say.ts', () => ({ say: (line: string) => said.push(line) }));
const { didNotTake } = await import('../../src/export/delivery-report.ts');

const here = [
  'http://localhost:4318',
  'http://shop.localhost:4318',
  'http://127.0.0.1:4318',
  'http://127.8.0.1:4318',
  'http://[::1]:4318',
];
const elsewhere = ['https://otlp.example.com', 'http://10.0.0.7', 'http://127.0.0.1.test', 'http://notlocalhost'];

test.each(here)('at %s, on this machine, a collector can be started', (origin) => {
  didNotTake(origin, 'ECONNREFUSED');
  expect(said.pop()).toBe(
    `reqlens: no collector answers at ${origin} (ECONNREFUSED); telemetry waits and goes out when one does. Start one with: npx reqlens collector`,
  );
});

test.each(elsewhere)('at %s, elsewhere, the line says by what the address is set', (origin) => {
  didNotTake(origin, 'ENOTFOUND (its name is not known)');
  expect(said.pop()).toBe(
    `reqlens: no collector answers at ${origin} (ENOTFOUND, its name is not known); telemetry waits and goes out when one does. The address is set by OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT`,
  );
});
