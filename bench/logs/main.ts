/**
 * What log lines cost, and which of them get lost, beside the packages that write rolling files.
 * `npm ci --prefix bench && npm run build && node bench/logs/main.ts`
 * Options: --rounds 5 --lines 20000 --warmup 20000 --at-once 20000 --loss-lines 20000 --only reqlens,pino-sync --part loss|cost --dry-run
 * (docs/benchmarks.md stays as it is).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Child } from '../child.ts';
import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { countLines } from './count-lines.ts';
import type { Counted } from './count-lines.ts';
import { readCost, runWriter } from './run-writer.ts';
import type { CostTask } from './run-writer.ts';
import type { Received } from './sink.ts';
import { costTable, lossTable } from './tables.ts';
import type { CostResults, CostRun, LossResult } from './tables.ts';
import { logVariants } from './variants.ts';
import type { LogVariant } from './variants.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    lines: { type: 'string', default: '20000' },
    warmup: { type: 'string', default: '20000' },
    'at-once': { type: 'string', default: '20000' },
    'loss-lines': { type: 'string', default: '20000' },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: '' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const [rounds, lines, warmup, atOnce, lossLines] = [
  options.rounds,
  options.lines,
  options.warmup,
  options['at-once'],
  options['loss-lines'],
].map(Number) as [number, number, number, number, number];

const writerProcesses = 4;
const exitLines = 5000;
/** Small, so that files roll often; enough backups to keep every line. */
const lossPlace = { maxBytes: 256 * 1024, backups: 10_000 };
/** As an application has it. */
const costPlace = { maxBytes: 10 * 1024 * 1024, backups: 10 };
/** The batch delay of 0.5 s, and some. */
const otlpSettleMs = 1200;

const root = mkdtempSync(join(tmpdir(), 'reqlens-bench-logs-'));
const chosen = options.only === '' ? [] : options.only.split(',');
const variants = logVariants().filter(({ name }) => chosen.length === 0 || chosen.includes(name));
const machine = `${machineLine()}, ${loadBefore()}`;
const sink = new Child<Received>({ script: 'logs/sink.ts' });
try {
  const { port } = await sink.next<{ readonly port: number }>();
  await runAll(`http://127.0.0.1:${port}`);
} finally {
  await sink.stop();
  rmSync(root, { recursive: true, force: true });
}

async function runAll(sinkUrl: string): Promise<void> {
  const loss = options.part === 'cost' ? [] : await allLoss(sinkUrl);
  const cost = options.part === 'loss' ? [] : await allCost(sinkUrl);
  const path = saveResults('logs', { machine, options, loss, cost });
  const report = section(loss, cost);
  process.stdout.write(`${report}\n\nraw results: ${path}\n`);
  if (!options['dry-run']) publishSection('logs', report);
}

async function allLoss(sinkUrl: string): Promise<LossResult[]> {
  const results: LossResult[] = [];
  for (const variant of variants.filter(({ hasOtlp }) => !hasOtlp)) {
    results.push(await lossOf(variant, sinkUrl));
    const { shared, exit } = results.at(-1) ?? {};
    process.stderr.write(`loss, ${variant.name}: ${JSON.stringify(shared)}; at exit ${exit?.lost}\n`);
  }
  return results;
}

async function lossOf(variant: LogVariant, sinkUrl: string): Promise<LossResult> {
  if (variant.missing !== undefined)
    return { variant, shared: undefined, sharedFailures: [], exit: undefined, exitFailures: [] };
  const shared = await lossRun({ variant, sinkUrl, kind: 'loss', processes: writerProcesses, count: lossLines });
  const exit = await lossRun({ variant, sinkUrl, kind: 'exit', processes: 1, count: exitLines });
  return {
    variant,
    shared: shared.counted,
    sharedFailures: shared.failures,
    exit: exit.counted,
    exitFailures: exit.failures,
  };
}

interface LossRun {
  readonly variant: LogVariant;
  readonly sinkUrl: string;
  readonly kind: 'loss' | 'exit';
  readonly processes: number;
  /** Lines of each process. */
  readonly count: number;
}

async function lossRun({
  variant,
  sinkUrl,
  kind,
  processes,
  count,
}: LossRun): Promise<{ counted: Counted; failures: string[] }> {
  const directory = freshDirectory(`${variant.name}-${kind}`);
  const tasks = Array.from({ length: processes }, (_, index) => ({
    kind,
    process: index + 1,
    directory,
    ...lossPlace,
    lines: count,
  }));
  const ends = await Promise.all(tasks.map((task) => runWriter(variant, task, sinkUrl)));
  const counted = countLines(directory, processes * count);
  rmSync(directory, { recursive: true });
  return { counted, failures: ends.flatMap(({ failure }) => failure ?? []) };
}

/** Interleaved: ABCD, ABCD, ..., so that a slow minute of the machine hits all variants alike. */
async function allCost(sinkUrl: string): Promise<CostResults[]> {
  const runs = new Map<LogVariant, CostRun[]>(variants.map((variant) => [variant, []]));
  const failures = new Map<LogVariant, string>(
    variants.flatMap((variant) => (variant.missing === undefined ? [] : [[variant, variant.missing]])),
  );
  for (let round = 1; round <= rounds; round += 1) {
    for (const variant of variants.filter((each) => !failures.has(each))) {
      await costRun(variant, sinkUrl).then(
        (run) => runs.get(variant)?.push(run),
        (error: Error) => failures.set(variant, error.message),
      );
      process.stderr.write(
        `cost, round ${round} of ${rounds}, ${variant.name}: ${failures.get(variant) ?? JSON.stringify(runs.get(variant)?.at(-1))}\n`,
      );
    }
  }
  return variants.map((variant) => ({
    variant,
    runs: runs.get(variant) ?? [],
    failure: failures.get(variant),
    expectedRecords: variant.hasOtlp ? warmup + lines : 0,
  }));
}

async function costRun(variant: LogVariant, sinkUrl: string): Promise<CostRun> {
  const directory = freshDirectory(`${variant.name}-cost`);
  const result = join(root, 'result.json');
  const task: CostTask = {
    kind: 'cost',
    process: 1,
    directory,
    ...costPlace,
    lines,
    warmup,
    // Without pauses the queue overflows: what is dropped costs nothing, and would look fast.
    atOnce: variant.hasOtlp ? 0 : atOnce,
    settleMs: variant.hasOtlp ? otlpSettleMs : 0,
    result,
  };
  const { failure } = await runWriter(variant, task, sinkUrl);
  if (failure !== undefined) throw new Error(failure);
  await pause(100);
  const received = await sink.ask('count');
  const measured = readCost(task);
  rmSync(directory, { recursive: true });
  rmSync(result);
  return { ...measured, ...received };
}

function freshDirectory(name: string): string {
  const directory = join(root, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

function section(loss: readonly LossResult[], cost: readonly CostResults[]): string {
  // Much more than the two or three of the bench itself: others were at work too.
  const parts = [`Measured on ${machine}, at its end ${(loadavg()[0] ?? 0).toFixed(1)}.`];
  if (loss.length > 0) {
    const how = `**Lines lost.** ${writerProcesses} processes, ${lossLines.toLocaleString('en')} lines each into one file of at most ${lossPlace.maxBytes / 1024} KiB, retention far beyond what is written. Then one process that calls \`process.exit()\` right after the last of ${exitLines.toLocaleString('en')} lines.`;
    parts.push(how, lossTable(loss, lossPlace.maxBytes));
  }
  if (cost.length > 0) {
    const how = `**Cost.** ${rounds} interleaved rounds, each with a fresh process, ${warmup.toLocaleString('en')} lines of warm-up and ${lines.toLocaleString('en')} measured. Median (quartiles); ratios within a round, then the median.`;
    parts.push(how, costTable(cost));
  }
  return parts.join('\n\n');
}
