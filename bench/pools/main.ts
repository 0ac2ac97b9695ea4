/**
 * Which libraries keep a request's context, so that what it does with their answers is charged to it: `node bench/pools/main.ts`
 * (`npm ci --prefix bench` first). Options: --redis redis://127.0.0.1:6379 --postgres postgres://user:password@127.0.0.1/database
 * (without them their clients are left out), --publish (into docs/usage.md, between the markers `pools`).
 */
import { readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { parseArgs } from 'node:util';

import { usageTracker } from '../../src/usage/tracking.ts';
import { machineLine, publishSection, saveResults } from '../publish.ts';
import { spreadOf } from '../statistics.ts';
import { threadCpuMs } from '../thread-cpu.ts';
import { libraries } from './libraries.ts';
import type { Ask, Library, Servers } from './libraries.ts';

const { values: options } = parseArgs({
  options: { redis: { type: 'string' }, postgres: { type: 'string' }, publish: { type: 'boolean', default: false } },
});
const servers: Servers = { redis: options.redis, postgres: options.postgres };
/** Answers that a request waits for, one after the other; it burns a millisecond of CPU with each. */
const answers = 10;
const requests = 9;
/** Requests of others that use the same pool meanwhile, so that it has a queue. */
const others = 6;

// Before the libraries, as the preload is.
const tracker = usageTracker();
const rows: string[] = [];
for (const library of libraries) {
  const row = await rowOf(library);
  if (row !== undefined) rows.push(row);
}
const table = ['| library | used as | of its CPU charged to it | context |', '| --- | --- | --- | --- |', ...rows].join(
  '\n',
);
const report = `Measured on ${machineLine()}.\n\n${table}`;
process.stdout.write(`${report}\n\nraw results: ${saveResults('pools', rows)}\n`);
if (options.publish) publishSection('pools', report, 'usage.md');
process.exit();

async function rowOf({ name, what, open }: Library): Promise<string | undefined> {
  const pool = await open(servers);
  if (pool === undefined) return undefined;
  const traffic = { isOn: true };
  const loops = Array.from({ length: others }, async () => {
    while (traffic.isOn) await work(pool.ask, () => void burn(0.25));
  });
  const shares: number[] = [];
  for (let request = 0; request < requests + 2; request += 1) shares.push(await shareCharged(pool.ask));
  traffic.isOn = false;
  await Promise.all(loops);
  await pool.close();
  // The first two are those in which V8 compiles.
  const share = spreadOf(shares.slice(2)).median;
  return `| \`${name}\` ${versionOf(name)} | ${what} | ${(share * 100).toFixed(0)} % | ${contextOf(share)} |`;
}

function contextOf(share: number): string {
  if (share > 0.9 && share < 1.2) return 'kept';
  return share < 0.3 ? 'lost' : 'mixed up';
}

/** CPU that was found, of what was burnt. */
async function shareCharged(ask: Ask): Promise<number> {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: '/', httpVersion: '1.1' });
  const tracking = tracker.startTracking(request, new ServerResponse(request));
  if (tracking === undefined) throw new Error('expected to be tracked');
  let burntMs = 0;
  await tracking.run(() => work(ask, () => (burntMs += burn(1))));
  return (tracking.end({ isComplete: true }).cpuMs ?? Number.NaN) / burntMs;
}

async function work(ask: Ask, withAnswer: () => void): Promise<void> {
  for (let answer = 0; answer < answers; answer += 1) {
    if (ask.style === 'promise') {
      await ask.once();
      withAnswer();
      continue;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    ask.once(() => {
      withAnswer();
      resolve();
    });
    await promise;
  }
}

/** @returns CPU milliseconds, at least those asked for. */
function burn(ms: number): number {
  const startMs = threadCpuMs();
  let sum = 0;
  while (threadCpuMs() - startMs < ms) for (let index = 0; index < 5000; index += 1) sum += Math.sqrt(index);
  return sum < 0 ? 0 : threadCpuMs() - startMs;
}

function versionOf(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version }: { readonly version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return version;
}
