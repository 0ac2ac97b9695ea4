/** One run of one variant: a fresh server process, a warm-up, and for each scenario the CPU time of a counted number of requests. */
import { setTimeout as pause } from 'node:timers/promises';

import { Child } from '../child.ts';
import { environmentFor, type Variant } from '../peers.ts';
import type { Received } from './sink.ts';

export interface Plan {
  readonly scenarios: readonly string[];
  readonly requests: number;
  readonly warmup: number;
  readonly connections: number;
}

export interface Window {
  readonly scenario: string;
  /** User and system time of the whole server process, export included, over `requests`. */
  readonly cpuUsPerRequest: number;
  /** As the client saw it; the machine's cores are shared by client, server and sink. */
  readonly requestsPerSecond: number;
  /** What arrived at the sink for this window, and how much should have. */
  readonly spans: number;
  readonly expectedSpans: number;
}

export interface Bench {
  readonly load: Child<{ readonly wallMs: number }>;
  readonly sink: Child<Received>;
  readonly sinkUrl: string;
}

interface CpuUsage {
  readonly user: number;
  readonly system: number;
}

/** The last batch waits for the exporter's timer: 1 s (ours to set) or dd-trace's 2 s, and some. */
const exportDeadlineMs = 6000;

/** @throws Error with the server's own words when it does not come up or breaks. */
export async function measure(variant: Variant, plan: Plan, bench: Bench): Promise<Window[]> {
  const env = environmentFor(variant, bench.sinkUrl);
  const server = new Child<CpuUsage>({ script: 'http-overhead/server.cjs', nodeArgs: variant.nodeArgs, env });
  try {
    const { port } = await server.next<{ readonly port: number }>();
    const windows: Window[] = [];
    for (const scenario of plan.scenarios)
      windows.push(await measureWindow({ variant, plan, bench, server, port, scenario }));
    return windows;
  } finally {
    await server.stop();
  }
}

interface Run {
  readonly variant: Variant;
  readonly plan: Plan;
  readonly bench: Bench;
  readonly server: Child<CpuUsage>;
  readonly port: number;
  readonly scenario: string;
}

async function measureWindow({ variant, plan, bench, server, port, scenario }: Run): Promise<Window> {
  const { connections, requests, warmup } = plan;
  const path = `/${scenario}?page=2`;
  await bench.load.ask({ port, path, connections, requests: warmup });
  await receive(bench.sink, warmup * variant.spansPerRequest);

  const before = await server.ask('cpu');
  const { wallMs } = await bench.load.ask({ port, path, connections, requests });
  const expectedSpans = requests * variant.spansPerRequest;
  // Export belongs to the price, so the clock is read when the last span has arrived. Waiting itself costs the server next to nothing.
  const spans = await receive(bench.sink, expectedSpans);
  const after = await server.ask('cpu');
  const cpuUs = after.user + after.system - before.user - before.system;
  return {
    scenario,
    cpuUsPerRequest: cpuUs / requests,
    requestsPerSecond: (requests / wallMs) * 1000,
    spans,
    expectedSpans,
  };
}

/** @returns How many came: `expected` as soon as they are there, else what there is at the deadline. Where none are expected, a short look. */
async function receive(sink: Child<Received>, expected: number): Promise<number> {
  const deadline = performance.now() + (expected === 0 ? 1200 : exportDeadlineMs);
  let spans = 0;
  while (performance.now() < deadline) {
    await pause(100);
    spans += (await sink.ask('count')).spans;
    if (expected > 0 && spans >= expected) break;
  }
  return spans;
}
