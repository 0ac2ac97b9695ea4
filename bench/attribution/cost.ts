/** CPU per untracked request, in one process per variant whose phases take turns. */
import { Child } from '../child.ts';
import { spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import type { CpuAnswer, Mode } from './cost-server.ts';

export interface CostPlan {
  readonly rounds: number;
  /** A phase. */
  readonly requests: number;
  readonly connections: number;
}

export interface Cost {
  readonly handler: string;
  readonly phase: string;
  /** Microseconds of CPU a request. */
  readonly cpuUs: Spread;
  /** Against the process without a tracker, pairs of one round. */
  readonly ratio: Spread;
}

const phases: readonly (readonly [phase: string, variant: 'none' | 'tracker', mode: Mode])[] = [
  ['no tracker', 'none', 'idle'],
  ['tracker, idle', 'tracker', 'idle'],
  ['one tracked request in flight', 'tracker', 'one'],
  ['all requests tracked', 'tracker', 'all'],
];
const handlers = ['callbacks', 'promises'];

/** @param node - Arguments of Node for the servers. */
export async function costToOthers(plan: CostPlan): Promise<Cost[]> {
  const load = new Child<unknown>({ script: 'http-overhead/load.ts' });
  const servers = { none: server('no'), tracker: server('yes') };
  const [none, tracker] = [await servers.none.next<Port>(), await servers.tracker.next<Port>()];
  const ports = { none: none.port, tracker: tracker.port };
  const found = new Map<string, number[]>();
  for (let round = 0; round <= plan.rounds; round += 1) {
    for (const handler of handlers) {
      for (const [phase, variant, mode] of phases) {
        const child = servers[variant];
        const before = await child.ask(mode);
        await load.ask({ port: ports[variant], path: `/${handler}`, ...plan });
        const after = await child.ask('cpu');
        // The first round warms everything up.
        if (round > 0) add(found, `${handler} ${phase}`, (after.cpuUs - before.cpuUs) / plan.requests);
      }
    }
  }
  await Promise.all([load.stop(), servers.none.stop(), servers.tracker.stop()]);
  return handlers.flatMap((handler) => phases.map(([phase]) => costOf(handler, phase, found)));
}

interface Port {
  readonly port: number;
}

function server(hasTracker: 'yes' | 'no'): Child<CpuAnswer> {
  return new Child({ script: 'attribution/cost-server.ts', env: { BENCH_TRACKER: hasTracker } });
}

function add(found: Map<string, number[]>, key: string, value: number): void {
  found.set(key, [...(found.get(key) ?? []), value]);
}

function costOf(handler: string, phase: string, found: ReadonlyMap<string, readonly number[]>): Cost {
  const values = found.get(`${handler} ${phase}`) ?? [];
  const bare = found.get(`${handler} ${phases[0]?.[0]}`) ?? [];
  const ratios = values.map((value, round) => value / (bare[round] ?? Number.NaN));
  return { handler, phase, cpuUs: spreadOf(values), ratio: spreadOf(ratios) };
}
