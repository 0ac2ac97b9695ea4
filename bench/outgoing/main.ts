/**
 * CPU per outgoing request: bare, under reqlens, and under reqlens with the stock instrumentations in place of ours, which shares everything
 * else (`REQLENS_HTTP_CLIENT=otel`). `node bench/outgoing/main.ts [rounds] [requests]`
 */
import { arch, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

import { Child } from '../child.ts';

interface Variant {
  readonly name: string;
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const preload = ['--import', fileURLToPath(new URL('../../register.js', import.meta.url))];
const variants: readonly Variant[] = [
  { name: 'bare', nodeArgs: [], env: {} },
  { name: 'reqlens', nodeArgs: preload, env: {} },
  { name: 'reqlens, unsampled', nodeArgs: preload, env: { OTEL_TRACES_SAMPLER: 'always_off' } },
  { name: 'stock instrumentations', nodeArgs: preload, env: { REQLENS_HTTP_CLIENT: 'otel' } },
  {
    name: 'stock instrumentations, unsampled',
    nodeArgs: preload,
    env: { REQLENS_HTTP_CLIENT: 'otel', OTEL_TRACES_SAMPLER: 'always_off' },
  },
];
const ways = ['http', 'fetch'] as const;

const [rounds = 5, requests = 20_000] = process.argv.slice(2).map(Number);
const target = new Child<unknown>({ script: 'outgoing/target.cjs' });
const { port } = await target.next<{ readonly port: number }>();
const url = `http://127.0.0.1:${port}/item`;

const samples = new Map<string, number[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const variant of variants) {
    // oxlint-disable-next-line no-await-in-loop -- one process at a time, or they would disturb each other
    await measure(variant);
  }
}
await target.stop();

console.log(
  `Node ${process.versions.node}, ${arch()}, ${cpus().length} cores, ${rounds} rounds of ${requests} calls; median CPU us a call`,
);
for (const way of ways) {
  const bare = median(`${way} bare`);
  for (const { name } of variants) {
    const all = median(`${way} ${name}`);
    console.log(
      `${way.padEnd(6)} ${name.padEnd(34)} ${all.toFixed(1).padStart(7)} ${`+${(all - bare).toFixed(1)}`.padStart(8)}`,
    );
  }
}

async function measure({ name, nodeArgs, env }: Variant): Promise<void> {
  const otlp = {
    PATH: process.env['PATH'] ?? '',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_BSP_SCHEDULE_DELAY: '500',
    OTEL_BSP_MAX_QUEUE_SIZE: '100000',
  };
  const client = new Child<{ readonly cpuUs: number }>({
    script: 'outgoing/client.cjs',
    nodeArgs,
    env: { ...otlp, ...env },
  });
  await client.next();
  for (const way of ways) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.ask({ way, url, requests: Math.ceil(requests / 4) });
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { cpuUs } = await client.ask({ way, url, requests });
    const key = `${way} ${name}`;
    samples.set(key, [...(samples.get(key) ?? []), cpuUs / requests]);
  }
  await client.stop();
}

function median(key: string): number {
  const sorted = (samples.get(key) ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
