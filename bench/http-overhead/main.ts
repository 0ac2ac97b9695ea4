/**
 * CPU time that each way of tracing adds to a request. `npm ci --prefix bench && npm run build && node bench/http-overhead/main.ts`
 * Options: --rounds 7 --requests 10000 --warmup 10000 --connections 10 --only bare,stock --dry-run (docs/benchmarks.md stays as it is).
 */
import { parseArgs } from 'node:util';

import { Child } from '../child.ts';
import { allVariants, type Variant } from '../peers.ts';
import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { measure, type Bench, type Plan, type Window } from './measure.ts';
import type { Received } from './sink.ts';
import { scenarioTable, type VariantResult } from './table.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    requests: { type: 'string', default: '10000' },
    warmup: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    'dry-run': { type: 'boolean', default: false },
  },
});

const scenarios = {
  hello: 'A handler that answers a small JSON text at once',
  awaits: 'A handler that sets headers one by one, awaits a 1 ms timer, then answers JSON',
} as const;
const plan: Plan = {
  scenarios: Object.keys(scenarios),
  requests: Number(options.requests),
  warmup: Number(options.warmup),
  connections: Number(options.connections),
};
const chosen = options.only === '' ? [] : options.only.split(',');
const variants = allVariants().filter(({ name }) => chosen.length === 0 || chosen.includes(name));

const machine = `${machineLine()}, ${loadBefore()}`;
const results = await runAll(variants, Number(options.rounds));
const path = saveResults('http-overhead', { machine, plan, results });
const report = section(results);
process.stdout.write(`${report}\n\nraw results: ${path}\n`);
if (!options['dry-run']) publishSection('http-overhead', report);

/** Interleaved: ABCD, ABCD, ..., so that a slow minute of the machine hits all variants alike. */
async function runAll(all: readonly Variant[], rounds: number): Promise<VariantResult[]> {
  const sink = new Child<Received>({ script: 'http-overhead/sink.ts' });
  const load = new Child<{ readonly wallMs: number }>({ script: 'http-overhead/load.ts' });
  const { port } = await sink.next<{ readonly port: number }>();
  const bench: Bench = { sink, load, sinkUrl: `http://127.0.0.1:${port}` };
  const found = new Map<Variant, Window[][]>(all.map((variant) => [variant, []]));
  const failures = new Map<Variant, string>(
    all.flatMap((variant) => (variant.missing === undefined ? [] : [[variant, variant.missing]])),
  );
  for (let round = 1; round <= rounds; round += 1) {
    for (const variant of all.filter((each) => !failures.has(each))) {
      await measure(variant, plan, bench).then(
        (windows) => found.get(variant)?.push(windows),
        (error: Error) => failures.set(variant, error.message),
      );
      process.stderr.write(
        `round ${round} of ${rounds}: ${variant.name} ${lastCpu(found.get(variant))}${failures.get(variant) ?? ''}\n`,
      );
    }
  }
  await Promise.all([load.stop(), sink.stop()]);
  return all.map((variant) => ({ variant, rounds: found.get(variant) ?? [], failure: failures.get(variant) }));
}

function lastCpu(rounds: readonly (readonly Window[])[] | undefined): string {
  const windows = rounds?.at(-1) ?? [];
  return windows
    .map(({ scenario, cpuUsPerRequest, spans }) => `${scenario} ${cpuUsPerRequest.toFixed(1)} µs, ${spans} spans`)
    .join('; ');
}

function section(found: readonly VariantResult[]): string {
  const tables = Object.entries(scenarios).map(
    ([scenario, title]) => `**${title}**\n\n${scenarioTable(scenario, found)}`,
  );
  const how = `${options.rounds} interleaved rounds, each with a fresh server process, ${plan.warmup} requests of warm-up and ${plan.requests} measured, ${plan.connections} keep-alive connections. Median (quartiles).`;
  return [`Measured on ${machine}.`, how, ...tables].join('\n\n');
}
