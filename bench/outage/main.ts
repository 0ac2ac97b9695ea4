/**
 * The collector goes away under load and comes back: what is lost of spans and log records, what comes twice, how much memory it takes, and what
 * is said. Ours beside the stock SDK, at the same time in one run, each with a collector of its own (ours, with its file of SQLite).
 *
 * Run: `npm run build && npm ci --prefix bench`, then
 * `node bench/outage/main.ts [--rate 300] [--away 60] [--before 5] [--after 10] [--only reqlens] [--dry-run]`.
 * Without `--dry-run` the result goes to docs/reliability.md.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { allVariants, installedVersion } from '../peers.ts';
import type { Variant } from '../peers.ts';
import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { measureOutage } from './measure.ts';
import { outageTable } from './table.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '300' },
    away: { type: 'string', default: '60' },
    before: { type: 'string', default: '5' },
    after: { type: 'string', default: '10' },
    only: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const course = {
  rate: Number(values.rate),
  beforeS: Number(values.before),
  awayS: Number(values.away),
  afterS: Number(values.after),
};

const machine = `${machineLine()}, ${loadBefore()}`;
const variants = outageVariants().filter(({ name }) => values.only === undefined || values.only === name);
const results = await Promise.all(
  variants.map(async (variant) => ({
    label: variant.label,
    missing: variant.missing,
    measured: variant.missing === undefined ? await measureOutage(variant, course) : undefined,
  })),
);
const { rate, beforeS, awayS, afterS } = course;
const report = [
  `Measured on ${machine}. ${rate} requests a second to each, with a span and a log line each; the collector is there for ${beforeS} s, away for ${awayS} s, and there again for ${afterS} s and until nothing more comes. Default settings but for the schedule delay of spans (1 s), both at the same time.`,
  outageTable(results),
].join('\n\n');
process.stdout.write(`${report}\n`);
for (const { label, measured } of results) {
  process.stdout.write(`${label} said: ${JSON.stringify(measured?.said.slice(0, 10))}\n`);
}
process.stdout.write(`raw results: ${saveResults('outage', { machine, course, results })}\n`);
if (!values['dry-run']) publishSection('outage', report, 'reliability.md');

function outageVariants(): Variant[] {
  const stock = fileURLToPath(new URL('../logs/stock-logs.cjs', import.meta.url));
  const hasPino = installedVersion('pino') !== undefined;
  return allVariants()
    .filter(({ name }) => name === 'reqlens' || name === 'stock')
    .map((variant) => ({
      ...variant,
      ...(variant.name === 'stock' ? { nodeArgs: ['--require', stock] } : { env: { REQLENS_BRIDGE_PINO: 'true' } }),
      missing: variant.missing ?? (hasPino ? undefined : 'not installed: pino (npm ci --prefix bench)'),
    }));
}
