/** From raw errors and costs to the tables of docs/usage.md. Pure. */
import { methods } from './accuracy.ts';
import type { KindErrors, Method } from './accuracy.ts';
import type { Cost } from './cost.ts';
import type { IdleCost } from './idle.ts';
import type { MemoryRow } from './memory.ts';

const titles: Readonly<Record<Method, string>> = {
  ours: 'reqlens',
  processDelta: 'process delta',
  eventLoop: 'event-loop utilisation',
  pprof: '`@datadog/pprof`',
};

/** All CPU kinds together, per concurrency: median and 95th percentile of the error. */
export function summaryTable(found: readonly KindErrors[]): string {
  const concurrencies = [...new Set(found.map(({ concurrency }) => concurrency))];
  const rows = concurrencies.map((concurrency) => {
    const cpu = found.filter((each) => each.concurrency === concurrency && each.figure === 'cpuMs');
    return [
      `${concurrency}`,
      ...methods.map((method) => shownErrors(cpu.flatMap(({ errors }) => errors[method] ?? []))),
    ];
  });
  return tableOf(['requests in flight', ...methods.map((method) => titles[method])], rows);
}

/** One row per kind at one concurrency. */
export function kindTable(found: readonly KindErrors[], concurrency: number): string {
  const rows = found
    .filter((each) => each.concurrency === concurrency)
    .map(({ kind, figure, errors }) => [
      kind,
      `\`${figure}\``,
      ...methods.map((method) => shownErrors(errors[method] ?? [])),
    ]);
  return tableOf(['handler', 'figure', ...methods.map((method) => titles[method])], rows);
}

export function costTable(costs: readonly Cost[]): string {
  const rows = costs.map(({ handler, phase, cpuUs, ratio }) => [
    handler,
    phase,
    cpuUs.median.toFixed(1),
    `${ratio.median.toFixed(2)} (${ratio.q1.toFixed(2)}–${ratio.q3.toFixed(2)})`,
  ]);
  return tableOf(['handler', 'tracking', 'CPU per request, µs', 'ratio (quartiles)'], rows);
}

/** The share is that of the same handler's CPU without tracker. */
export function idleTable(idle: readonly IdleCost[], costs: readonly Cost[]): string {
  const rows = idle.map(({ handler, calls, ns }) => {
    const bareUs = costs.find((cost) => cost.handler === handler)?.cpuUs.median ?? Number.NaN;
    return [handler, calls.toFixed(1), ns.toFixed(0), `${((ns / 1000 / bareUs) * 100).toFixed(2)} %`];
  });
  return tableOf(['handler', 'calls', 'ns a request', 'of its CPU'], rows);
}

export function memoryTable(rows: readonly MemoryRow[]): string {
  return tableOf(
    ['tracked requests', 'heap, MB', 'external, MB', 'resident, MB'],
    rows.map(({ requests, heapBytes, externalBytes, residentBytes }) => [
      requests.toLocaleString('en'),
      ...[heapBytes, externalBytes, residentBytes].map(megabytes),
    ]),
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `1.2 % / 5.6 %`: median and 95th percentile. */
function shownErrors(errors: readonly number[]): string {
  if (errors.length === 0) return '';
  const sorted = errors.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  return `${(at(0.5) * 100).toFixed(1)} % / ${(at(0.95) * 100).toFixed(1)} %`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
