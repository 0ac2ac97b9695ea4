/** From raw windows to the table of docs/benchmarks.md. Pure. */
import type { Variant } from '../peers.ts';
import { spreadOf, type Spread } from '../statistics.ts';
import type { Window } from './measure.ts';

/** What one variant gave over all rounds, or why there is nothing. */
export interface VariantResult {
  readonly variant: Variant;
  /** One entry a round, each with a window per scenario. */
  readonly rounds: readonly (readonly Window[])[];
  readonly failure: string | undefined;
}

/** One Markdown table for one scenario: CPU, what it adds to bare, that as a share of stock's, and the proof of export. */
export function scenarioTable(scenario: string, results: readonly VariantResult[]): string {
  const header = [
    "| variant | CPU per request, µs | over bare, µs | of stock's overhead | spans arrived | requests/s |",
    '|---|---|---|---|---|---|',
  ];
  return [...header, ...results.map((result) => row(scenario, result, results))].join('\n');
}

function row(scenario: string, result: VariantResult, all: readonly VariantResult[]): string {
  const { variant, failure } = result;
  if (failure !== undefined)
    return `| ${variant.label} | not measured: ${failure.replaceAll('\n', ' ').slice(0, 200)} | | | | |`;
  const windows = windowsOf(scenario, result);
  const cpu = cpuOf(scenario, result);
  const bare = cpuOf(scenario, named(all, 'bare'));
  const stock = cpuOf(scenario, named(all, 'stock'));
  // Pairs of one round: what the machine did in that minute hits all of them.
  const overhead = cpu.map((value, round) => value - (bare[round] ?? Number.NaN));
  const share = overhead.map((value, round) => value / ((stock[round] ?? Number.NaN) - (bare[round] ?? Number.NaN)));
  const isBare = variant.name === 'bare';
  const cells = [
    variant.label,
    shown(spreadOf(cpu), 1),
    isBare || bare.length === 0 ? '' : shown(spreadOf(overhead), 1),
    isBare || stock.length === 0 ? '' : shown(spreadOf(share), 2),
    arrived(windows),
    Math.round(spreadOf(windows.map(({ requestsPerSecond }) => requestsPerSecond)).median).toLocaleString('en'),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** `12.3 (11.8-12.9)`: median and quartiles. */
function shown({ median, q1, q3 }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${q1.toFixed(digits)}–${q3.toFixed(digits)})`;
}

function arrived(windows: readonly Window[]): string {
  const sum = (pick: (window: Window) => number): number => windows.reduce((total, window) => total + pick(window), 0);
  return `${sum(({ spans }) => spans).toLocaleString('en')} of ${sum(({ expectedSpans }) => expectedSpans).toLocaleString('en')}`;
}

function cpuOf(scenario: string, result: VariantResult | undefined): readonly number[] {
  return windowsOf(scenario, result).map(({ cpuUsPerRequest }) => cpuUsPerRequest);
}

function windowsOf(scenario: string, result: VariantResult | undefined): readonly Window[] {
  return result?.rounds.flatMap((round) => round.filter((window) => window.scenario === scenario)) ?? [];
}

function named(results: readonly VariantResult[], name: string): VariantResult | undefined {
  return results.find(({ variant }) => variant.name === name);
}
