/** What it costs that tracking is possible, while nobody is tracked. */
import { Child } from '../child.ts';
import { comparedHandlers } from './cost-handlers.ts';
import type { IdleAnswer } from './idle-server.ts';

export interface IdleCost {
  readonly handler: string;
  /** Of wrapped functions, per request. */
  readonly calls: number;
  /** All of them, per request. */
  readonly ns: number;
}

const requests = 1000;

export async function idleCost(): Promise<IdleCost[]> {
  const load = new Child<unknown>({ script: 'http-overhead/load.ts' });
  const server = new Child<IdleAnswer>({ script: 'attribution/idle-server.ts' });
  const { port } = await server.next<{ readonly port: number }>();
  const costs: IdleCost[] = [];
  for (const handler of comparedHandlers) {
    await load.ask({ port, path: `/${handler}`, requests: 10, connections: 10 });
    await server.ask('calls');
    await load.ask({ port, path: `/${handler}`, requests, connections: 10 });
    const { ns, calls } = await server.ask('calls');
    const each = Object.entries(calls).map(([name, count]) => [count / requests, ns[name] ?? 0] as const);
    costs.push({
      handler,
      calls: each.reduce((sum, [count]) => sum + count, 0),
      ns: each.reduce((sum, [count, nsEach]) => sum + count * nsEach, 0),
    });
  }
  await Promise.all([load.stop(), server.stop()]);
  return costs;
}
