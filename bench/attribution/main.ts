/**
 * How right the figures of a request are, what they cost others, and whether memory comes back. `node bench/attribution/main.ts`
 * (needs no build; `npm ci --prefix bench` for @datadog/pprof). Options: --only accuracy,cost,memory --concurrency 1,10,50
 * --kinds 'fetch,zlib' --samples 20 --rounds 7 --requests 8000 --tracked 1000000 --name 24 --publish (into docs/usage.md, between the
 * markers accuracy-24, cost-24 and memory-24).
 */
import { parseArgs } from 'node:util';

import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { accuracy } from './accuracy.ts';
import { costToOthers } from './cost.ts';
import { idleCost } from './idle.ts';
import { kinds } from './kinds.ts';
import { memoryAfter } from './memory.ts';
import { costTable, idleTable, kindTable, memoryTable, summaryTable } from './table.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'accuracy,cost,memory' },
    concurrency: { type: 'string', default: '1,10,50' },
    kinds: { type: 'string', default: Object.keys(kinds).join(',') },
    samples: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '7' },
    requests: { type: 'string', default: '8000' },
    tracked: { type: 'string', default: '1000000' },
    name: { type: 'string', default: process.versions.node.split('.')[0] ?? '' },
    publish: { type: 'boolean', default: false },
  },
});
const chosen = new Set(options.only.split(','));
const machine = `${machineLine()}, ${loadBefore()}`;
const raw: Record<string, unknown> = { machine };

if (chosen.has('accuracy')) {
  const concurrencies = options.concurrency.split(',').map(Number);
  const only = options.kinds.split(',');
  const found = await accuracy({ concurrencies, samples: Number(options.samples), only });
  const most = Math.max(...concurrencies);
  report('accuracy', found, [
    `Error of CPU time over all kinds of handlers, ${options.samples} requests of each: median / 95th percentile.`,
    summaryTable(found),
    `Each kind with ${most} requests in flight, one of them tracked.`,
    kindTable(found, most),
  ]);
}
if (chosen.has('cost')) {
  const plan = { rounds: Number(options.rounds), requests: Number(options.requests), connections: 10 };
  const costs = await costToOthers(plan);
  const idle = await idleCost();
  report('cost', { costs, idle }, [
    `Cost to requests, ${plan.rounds} interleaved rounds of ${plan.requests}; ratios to a process without tracker.`,
    costTable(costs),
    'The wrappers that are there while nothing is tracked: how often a request calls them, and how long all of these calls take.',
    idleTable(idle, costs),
  ]);
}
if (chosen.has('memory')) {
  const rows = await memoryAfter(Number(options.tracked));
  report('memory', rows, ['Memory after full collections, between many tracked requests.', memoryTable(rows)]);
}
process.stdout.write(`raw results: ${saveResults(`attribution-${options.name}`, raw)}\n`);

/** Each part by itself, so that one can be measured again. */
function report(part: string, found: unknown, sections: readonly string[]): void {
  raw[part] = found;
  const text = [`Measured on ${machine}.`, ...sections].join('\n\n');
  process.stdout.write(`${text}\n\n`);
  if (options.publish) publishSection(`${part}-${options.name}`, text, 'usage.md');
}
