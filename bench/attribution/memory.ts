/** Many tracked requests, one after the other over ten connections: what the process holds before and after. */
import { Child } from '../child.ts';
import type { MemoryAnswer } from './cost-server.ts';

export interface MemoryRow extends MemoryAnswer {
  /** Tracked requests until then. */
  readonly requests: number;
}

/** @param requests - In ten parts, with a look at the memory after each; the first part is the warm-up. */
export async function memoryAfter(requests: number): Promise<MemoryRow[]> {
  const load = new Child<unknown>({ script: 'http-overhead/load.ts' });
  const server = new Child<MemoryAnswer>({
    script: 'attribution/cost-server.ts',
    nodeArgs: ['--expose-gc'],
    env: { BENCH_TRACKER: 'yes' },
  });
  const { port } = await server.next<{ readonly port: number }>();
  await server.ask('all');
  const rows: MemoryRow[] = [];
  for (let part = 1; part <= 10; part += 1) {
    await load.ask({ port, path: '/callbacks', requests: requests / 10, connections: 10 });
    rows.push({ requests: (requests / 10) * part, ...(await server.ask('memory')) });
  }
  await Promise.all([load.stop(), server.stop()]);
  return rows;
}
