/** What each reading at the ends of a piece takes: `node bench/attribution/clocks.ts` (some seconds). Nanoseconds, median of rounds. */
import { getHeapStatistics } from 'node:v8';

import { spreadOf } from '../statistics.ts';

const turns = 50_000;
const rounds = 11;
const readings: Readonly<Record<string, () => unknown>> = {
  'performance.now': () => performance.now(),
  'process.cpuUsage': () => process.cpuUsage(),
  'process.threadCpuUsage': () => process.threadCpuUsage(),
  'v8.getHeapStatistics': () => getHeapStatistics(),
  'performance.eventLoopUtilization': () => performance.eventLoopUtilization(),
};
for (const [name, read] of Object.entries(readings)) {
  const { median } = spreadOf(Array.from({ length: rounds }, () => nsOf(read)));
  process.stdout.write(`${name.padEnd(34)}${median.toFixed(0).padStart(6)}\n`);
}

function nsOf(read: () => unknown): number {
  const before = process.hrtime.bigint();
  for (let turn = 0; turn < turns; turn += 1) read();
  return Number(process.hrtime.bigint() - before) / turns;
}
