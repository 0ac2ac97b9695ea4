/** Counts what will never arrive, and says it in one line at the exit. Threads count together; one of them speaks. */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

import { report, speaksForProcess } from './self-report.ts';

/** As the sentences have them; the index is the place in the memory that threads share. */
const kinds = ['spans', 'log records', 'data points'] as const;

export type Items = (typeof kinds)[number];

/** Reasons of one kind; further ones are counted together. */
const mostReasons = 5;
const otherReasons = 'other reasons';

const lost = new Map<Items, Map<string, number>>();

const sharedKey = 'reqlens losses';

/** Worker threads start with the environment data of the thread that made them, and count into its memory. */
function sharedCounts(): Int32Array {
  const known: unknown = getEnvironmentData(sharedKey);
  if (known instanceof SharedArrayBuffer) return new Int32Array(known);
  const made = new SharedArrayBuffer(kinds.length * Int32Array.BYTES_PER_ELEMENT);
  if (isMainThread) setEnvironmentData(sharedKey, made);
  return new Int32Array(made);
}

const inWorkers = sharedCounts();

/** @param why - The same words for the same cause. */
export function countLost(items: Items, count: number, why: string): void {
  if (count <= 0) return;
  if (!speaksForProcess()) {
    Atomics.add(inWorkers, kinds.indexOf(items), count);
    return;
  }
  const reasons = lost.get(items) ?? new Map<string, number>();
  lost.set(items, reasons);
  const reason = reasons.has(why) || reasons.size < mostReasons ? why : otherReasons;
  reasons.set(reason, (reasons.get(reason) ?? 0) + count);
}

/** "1 span", "2 spans" */
export function counted(count: number, items: Items): string {
  return `${count} ${count === 1 ? items.slice(0, -1) : items}`;
}

/** Once: what was said is forgotten. Nothing when nothing was lost. */
export function sayLosses(): void {
  if (!speaksForProcess()) return;
  const all = kinds.flatMap((items, index) => {
    const reasons = [...(lost.get(items) ?? [])];
    const others = Atomics.exchange(inWorkers, index, 0);
    if (others > 0) reasons.push(['in worker threads', others]);
    const total = reasons.reduce((sum, [, count]) => sum + count, 0);
    if (total === 0) return [];
    return [`${counted(total, items)} (${reasons.map(([why, count]) => `${count}: ${why}`).join('; ')})`];
  });
  lost.clear();
  if (all.length > 0) report(`telemetry that did not arrive: ${all.join(', ')}`);
}
