/**
 * What each preload adds to the start of a process. `npm ci --prefix bench && npm run build && node bench/startup/main.ts`
 * Options: --runs 15 --only bare,reqlens --dry-run (docs/benchmarks.md stays as it is).
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Child } from '../child.ts';
import { allVariants, environmentFor, type Variant } from '../peers.ts';
import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { spreadOf } from '../statistics.ts';

interface Start {
  /** From the start of the process to the first line of the application. */
  readonly atMs: number;
  /** User and system time up to there, all threads. */
  readonly cpuMs: number;
  /** From spawn to exit, as the parent sees it: with the export and the farewell at exit. */
  readonly lifeMs: number;
}

interface Result {
  readonly variant: Variant;
  readonly starts: readonly Start[];
  readonly failure: string | undefined;
}

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '15' },
    only: { type: 'string', default: '' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const probe = fileURLToPath(new URL('probe.cjs', import.meta.url));
const cwd = fileURLToPath(new URL('..', import.meta.url));
const chosen = options.only === '' ? [] : options.only.split(',');
// Sampling is decided per request: it changes nothing at start.
const variants = allVariants().filter(
  ({ name }) => !name.endsWith('-unsampled') && (chosen.length === 0 || chosen.includes(name)),
);

const machine = `${machineLine()}, ${loadBefore()}`;
const results = await runAll(variants, Number(options.runs));
const path = saveResults('startup', { machine, results });
const report = section(results);
process.stdout.write(`${report}\n\nraw results: ${path}\n`);
if (!options['dry-run']) publishSection('startup', report);

async function runAll(all: readonly Variant[], runs: number): Promise<Result[]> {
  const sink = new Child({ script: 'http-overhead/sink.ts' });
  const { port } = await sink.next<{ readonly port: number }>();
  const starts = new Map<Variant, Start[]>(all.map((variant) => [variant, []]));
  const failures = new Map<Variant, string>(
    all.flatMap((variant) => (variant.missing === undefined ? [] : [[variant, variant.missing]])),
  );
  // Run 0 fills the file system's cache and is thrown away.
  for (let run = 0; run <= runs; run += 1) {
    for (const variant of all.filter((each) => !failures.has(each))) {
      await startOnce(variant, `http://127.0.0.1:${port}`).then(
        (start) => run > 0 && starts.get(variant)?.push(start),
        (error: Error) => failures.set(variant, error.message),
      );
    }
    process.stderr.write(`run ${run} of ${runs}\n`);
  }
  await sink.stop();
  return all.map((variant) => ({ variant, starts: starts.get(variant) ?? [], failure: failures.get(variant) }));
}

/** @throws Error with what the process said, when it did not end well. */
async function startOnce(variant: Variant, sinkUrl: string): Promise<Start> {
  const spawnedMs = performance.now();
  const child = spawn(process.execPath, [...variant.nodeArgs, probe], {
    cwd,
    env: { ...environmentFor(variant, sinkUrl) },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [said, complained, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const lifeMs = performance.now() - spawnedMs;
  // Some peers print a line of their own first.
  const line = /\{"atMs":.*\}/.exec(said)?.[0];
  if (code !== 0 || line === undefined) throw new Error(`ended with ${code} and said: ${complained.trim()}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- probe.cjs writes it
  return { ...(JSON.parse(line) as { readonly atMs: number; readonly cpuMs: number }), lifeMs };
}

function section(found: readonly Result[]): string {
  const header = [
    '| preload | to the first line, ms | added | CPU to there, ms | added | whole life, ms |',
    '|---|---|---|---|---|---|',
  ];
  const bare = found.find(({ variant }) => variant.name === 'bare');
  const how = `${options.runs} interleaved runs after one that is thrown away. Median (quartiles). "Whole life" is from spawn to exit of a program without work, the receiver being up.`;
  return [`Measured on ${machine}.`, how, [...header, ...found.map((result) => row(result, bare))].join('\n')].join(
    '\n\n',
  );
}

function row({ variant, starts, failure }: Result, bare: Result | undefined): string {
  if (failure !== undefined)
    return `| ${variant.label} | not measured: ${failure.replaceAll('\n', ' ').slice(0, 200)} | | | | |`;
  const cells = (['atMs', 'cpuMs', 'lifeMs'] as const).flatMap((key) => {
    const { median, q1, q3 } = spreadOf(starts.map((start) => start[key]));
    const added =
      variant.name === 'bare' || !bare?.starts.length
        ? ''
        : (median - spreadOf(bare.starts.map((start) => start[key])).median).toFixed(0);
    const shown = `${median.toFixed(0)} (${q1.toFixed(0)}–${q3.toFixed(0)})`;
    return key === 'lifeMs' ? [shown] : [shown, added];
  });
  return `| ${[variant.label.replace('bare `node:http`', 'none'), ...cells].join(' | ')} |`;
}
