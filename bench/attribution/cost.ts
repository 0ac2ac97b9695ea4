/** CPU per request, where none, one or all are tracked; processes and phases take turns. */
import { Child } from '../child.ts';
import { spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import { comparedHandlers } from './cost-handlers.ts';
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

/** Processes: without tracker; with one that is never used; with one that is; so that no phase pays for what another has left. */
type Process = 'none' | 'unused' | 'one' | 'all';

const phases: readonly (readonly [phase: string, process: Process, mode: Mode])[] = [
  ['no tracker', 'none', 'idle'],
  ['tracker never used', 'unused', 'idle'],
  ['tracker used before', 'one', 'idle'],
  ['one tracked request in flight', 'one', 'one'],
  ['all requests tracked', 'all', 'all'],
];
/** Requests before each phase that are not measured: V8 compiles again what the switch has changed. */
const settling = 1000;

export async function costToOthers(plan: CostPlan): Promise<Cost[]> {
  const load = new Child<unknown>({ script: 'http-overhead/load.ts' });
  const servers = { none: server('no'), unused: server('yes'), one: server('yes'), all: server('yes') };
  const ports = await portsOf(servers);
  const found = new Map<string, number[]>();
  for (let round = 0; round <= plan.rounds; round += 1) {
    for (const handler of comparedHandlers) {
      for (const [phase, name, mode] of phases) {
        const child = servers[name];
        const target = { port: ports[name], path: `/${handler}`, connections: plan.connections };
        await child.ask(mode);
        await load.ask({ ...target, requests: settling });
        const before = await child.ask('cpu');
        await load.ask({ ...target, requests: plan.requests });
        const after = await child.ask('cpu');
        // The first round warms everything up.
        if (round > 0) add(found, `${handler} ${phase}`, (after.cpuUs - before.cpuUs) / plan.requests);
      }
    }
  }
  await Promise.all([load, ...Object.values(servers)].map((child) => child.stop()));
  return comparedHandlers.flatMap((handler) => phases.map(([phase]) => costOf(handler, phase, found)));
}

type Servers = Readonly<Record<Process, Child<CpuAnswer>>>;

async function portsOf({ none, unused, one, all }: Servers): Promise<Readonly<Record<Process, number>>> {
  const [first, second, third, fourth] = await Promise.all([port(none), port(unused), port(one), port(all)]);
  return { none: first, unused: second, one: third, all: fourth };
}

async function port(child: Child<CpuAnswer>): Promise<number> {
  return (await child.next<{ readonly port: number }>()).port;
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
