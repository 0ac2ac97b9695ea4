/** Runs each kind many times, tracked, beside untracked traffic, and compares what each method says with the truth. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Child } from '../child.ts';
import { spreadOf } from '../statistics.ts';
import { kinds } from './kinds.ts';
import type { Sample, ServerSettings } from './server.ts';

export interface AccuracyPlan {
  /** Requests in flight; one of them is tracked. */
  readonly concurrencies: readonly number[];
  /** Tracked requests per kind and concurrency, after as many that are not counted, up to 5. */
  readonly samples: number;
  /** Names of kinds; the untracked requests beside them are of all kinds. */
  readonly only: readonly string[];
}

export type Method = 'ours' | 'processDelta' | 'eventLoop' | 'pprof';

/** Errors as shares of the truth: 0.03 is 3 %. */
export interface KindErrors {
  readonly concurrency: number;
  readonly kind: string;
  readonly figure: string;
  /** Median of measured / truth. */
  readonly ratio: Partial<Readonly<Record<Method, number>>>;
  readonly errors: Partial<Readonly<Record<Method, readonly number[]>>>;
}

export const methods: readonly Method[] = ['ours', 'processDelta', 'eventLoop', 'pprof'];

/** @returns One entry per kind and concurrency. pprof is left out where it does not load. */
export async function accuracy(plan: AccuracyPlan): Promise<KindErrors[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-bench-attribution-'));
  writeFileSync(join(folder, '100k.bin'), Buffer.alloc(102_400, 'x'));
  const echo = new Child<never>({ script: 'attribution/echo.ts' });
  const ports = await echo.next<{ httpPort: number; echoPort: number }>();
  const found: KindErrors[] = [];
  try {
    for (const concurrency of plan.concurrencies) {
      const bench = { concurrency, samples: plan.samples, only: plan.only };
      const ours = await run({ ...ports, folder, method: 'ours' }, bench);
      const sampled = await run({ ...ports, folder, method: 'pprof' }, bench).catch((error: Error) => {
        process.stderr.write(`pprof is left out: ${error.message.slice(0, 200)}\n`);
        return [];
      });
      found.push(...plan.only.map((kind) => errorsOf(kind, concurrency, [...ours, ...sampled])));
    }
  } finally {
    await echo.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

interface Bench {
  readonly concurrency: number;
  readonly samples: number;
  readonly only: readonly string[];
}

/** One server process for all kinds. */
async function run(settings: ServerSettings, bench: Bench): Promise<Sample[]> {
  const server = new Child<{ readonly port: number }>({ script: 'attribution/server.ts' });
  const agent = new Agent({ keepAlive: true });
  const traffic = { isOn: true };
  try {
    const { port } = await server.ask({ ...settings });
    const names = Object.keys(kinds);
    const baselines = await baselinesOf({ server, port, agent, settings }, bench);
    const others = Array.from({ length: bench.concurrency - 1 }, async (_, start) => {
      for (let turn = start; traffic.isOn; turn += 1) {
        await visit({ port, agent, path: `/untracked/${names[turn % names.length]}`, id: 'untracked' });
      }
    });
    const failed = Promise.all(others);
    const tracked = trackedSamples({ server, port, agent, settings }, bench);
    // When one of the others fails there is no answer to wait for.
    const samples = await Promise.race([tracked, failed.then(() => tracked)]);
    traffic.isOn = false;
    await failed;
    return samples.map((sample) => ({ ...sample, truth: sample.truth + (baselines.get(sample.kind) ?? 0) }));
  } finally {
    traffic.isOn = false;
    agent.destroy();
    await server.stop();
  }
}

/**
 * CPU of a request that does all but burning: parsing, answering, and the calls that its kind is about. By the thread's clock while nothing
 * else runs, without tracking. It belongs to the request like what it burns.
 */
async function baselinesOf({ server, port, agent }: Target, { only }: Bench): Promise<ReadonlyMap<string, number>> {
  const [warmup, measured] = [30, 40];
  const found = new Map<string, number>();
  for (const kind of only) {
    if (kinds[kind]?.figure !== undefined) continue;
    const visits = async (count: number): Promise<number> => {
      for (let turn = 0; turn < count; turn += 1)
        await visit({ port, agent, path: `/baseline/${kind}`, id: 'baseline' });
      const answer = server.next<{ readonly cpuMs: number }>();
      void server.ask('cpu').catch(() => {});
      return (await answer).cpuMs;
    };
    const before = await visits(warmup);
    found.set(kind, ((await visits(measured)) - before) / measured);
  }
  return found;
}

interface Target {
  readonly server: Child<{ readonly port: number }>;
  readonly port: number;
  readonly agent: Agent;
  readonly settings: ServerSettings;
}

async function trackedSamples({ server, port, agent, settings }: Target, bench: Bench): Promise<Sample[]> {
  const samples: Sample[] = [];
  const warmup = Math.min(5, bench.samples);
  for (const kind of bench.only) {
    for (let turn = 0; turn < warmup + bench.samples; turn += 1) {
      // Asked for before the request is sent: the sample comes when the response is closed.
      const sample = settings.method === 'ours' ? server.next<Sample>() : undefined;
      await visit({ port, agent, path: `/tracked/${kind}`, id: `${turn < warmup ? 'warmup ' : ''}${kind} ${turn}` });
      const got = await sample;
      if (got !== undefined && turn >= warmup) samples.push(got);
    }
  }
  if (settings.method === 'ours') return samples;
  const answer = server.next<{ readonly samples: readonly Sample[] }>();
  void server.ask('samples').catch(() => {});
  return [...(await answer).samples];
}

interface Visit {
  readonly port: number;
  readonly agent: Agent;
  readonly path: string;
  readonly id: string;
}

/** Ten pieces of body, so that the kind that reads it has something to do. */
async function visit({ port, agent, path, id }: Visit): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const outgoing = request(
    { port, agent, path: encodeURI(path), method: 'POST', headers: { 'x-id': id.replaceAll(/\W/g, '-') } },
    (response) => response.resume().once('end', () => resolve()),
  );
  outgoing.once('error', reject);
  for (let piece = 0; piece < 10; piece += 1) outgoing.write('x');
  outgoing.end();
  return promise;
}

function errorsOf(kind: string, concurrency: number, samples: readonly Sample[]): KindErrors {
  const own = samples.filter((sample) => sample.kind === kind && sample.truth > 0);
  const ratio: Partial<Record<Method, number>> = {};
  const errors: Partial<Record<Method, readonly number[]>> = {};
  for (const method of methods) {
    const ratios = own.flatMap((sample) => {
      const value = sample[method];
      return value === undefined ? [] : [value / sample.truth];
    });
    if (ratios.length === 0) continue;
    ratio[method] = spreadOf(ratios).median;
    errors[method] = ratios.map((each) => Math.abs(each - 1));
  }
  return { concurrency, kind, figure: kinds[kind]?.figure ?? 'cpuMs', ratio, errors };
}
