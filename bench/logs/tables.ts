/** From raw results to the tables of docs/benchmarks.md. Pure. */
import { spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import type { Counted } from './count-lines.ts';
import type { CostResult } from './run-writer.ts';
import { baseline } from './variants.ts';
import type { LogVariant } from './variants.ts';

export interface LossResult {
  readonly variant: LogVariant;
  /** Several processes, one file. */
  readonly shared: Counted | undefined;
  readonly sharedFailures: readonly string[];
  /** One process that exits right after its last line. */
  readonly exit: Counted | undefined;
  readonly exitFailures: readonly string[];
}

/** One measured run. */
export interface CostRun extends CostResult {
  /** Log records that came to the receiver, and how many carried a trace id. */
  readonly records: number;
  readonly traced: number;
}

export interface CostResults {
  readonly variant: LogVariant;
  readonly runs: readonly CostRun[];
  readonly failure: string | undefined;
  /** Log records that should have come in a run. */
  readonly expectedRecords: number;
}

export function lossTable(results: readonly LossResult[], maxBytes: number): string {
  return [
    '| variant | lost | doubled | torn | processes that failed | files | largest file, of the limit | lost at `process.exit()` |',
    '|---|---|---|---|---|---|---|---|',
    ...results.map((result) => lossRow(result, maxBytes)),
  ].join('\n');
}

function lossRow({ variant, shared, sharedFailures, exit, exitFailures }: LossResult, maxBytes: number): string {
  const { label, missing } = variant;
  if (missing !== undefined) return `| ${label} | not measured: ${missing} | | | | | | |`;
  const failed = `${sharedFailures.length}${sharedFailures.length === 0 ? '' : `: ${cell(sharedFailures[0] ?? '')}`}`;
  const lostAtExit = `${count(exit?.lost)}${exitFailures.length === 0 ? '' : ` (${cell(exitFailures.join('; '))})`}`;
  const largest =
    shared === undefined || !variant.rolls ? '' : `${((shared.largestBytes / maxBytes) * 100).toFixed(2)} %`;
  const cells = [label, count(shared?.lost), count(shared?.doubled), count(shared?.torn), failed];
  return `| ${[...cells, count(shared?.files), largest, lostAtExit].join(' | ')} |`;
}

export function costTable(results: readonly CostResults[]): string {
  const base = results.find(({ variant }) => variant.name === baseline)?.runs ?? [];
  return [
    '| variant | CPU per line, calling thread, µs | of pino to a plain file | CPU per line in all, µs | of pino | lines/s | log records arrived |',
    '|---|---|---|---|---|---|---|',
    ...results.map((result) => costRow(result, base)),
  ].join('\n');
}

function costRow({ variant, runs, failure, expectedRecords }: CostResults, base: readonly CostRun[]): string {
  if (failure !== undefined) return `| ${variant.label} | not measured: ${cell(failure)} | | | | | |`;
  const cells = [
    variant.label,
    ...measured(runs, base, (run) => run.threadUs),
    ...measured(runs, base, (run) => run.processUs),
    perSecond(runs),
    arrived(runs, expectedRecords),
  ];
  return `| ${cells.join(' | ')} |`;
}

type Pick = (run: CostRun) => number | undefined;

/** @returns Microseconds, and their ratio to the baseline's of the same round. */
function measured(runs: readonly CostRun[], base: readonly CostRun[], pick: Pick): readonly [string, string] {
  const values = present(runs.map(pick));
  if (values.length === 0) return ['', ''];
  const ratios = present(
    runs.map((run, round) => {
      const [own, other] = [pick(run), base[round] === undefined ? undefined : pick(base[round])];
      return own === undefined || other === undefined ? undefined : own / other;
    }),
  );
  return [shown(spreadOf(values)), ratios.length === 0 ? '' : spreadOf(ratios).median.toFixed(2)];
}

function perSecond(runs: readonly CostRun[]): string {
  const values = present(runs.map((run) => run.linesPerSecond));
  return values.length === 0 ? '' : count(Math.round(spreadOf(values).median));
}

function arrived(runs: readonly CostRun[], expected: number): string {
  if (expected === 0) return '';
  const sum = (pick: (run: CostRun) => number): number => runs.reduce((total, run) => total + pick(run), 0);
  return `${count(sum(({ records }) => records))} of ${count(expected * runs.length)}, ${count(sum(({ traced }) => traced))} with a trace id`;
}

function present(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

/** `3.45 (3.40–3.51)`: median and quartiles. */
function shown({ median, q1, q3 }: Spread): string {
  return `${median.toFixed(2)} (${q1.toFixed(2)}–${q3.toFixed(2)})`;
}

function count(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en');
}

/** Text from outside, in a cell. */
function cell(text: string): string {
  return text.replaceAll(/[|\n<>`]/g, ' ').slice(0, 160);
}
