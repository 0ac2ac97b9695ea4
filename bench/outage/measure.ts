/** One application, one collector that goes away and comes back, and the count of what is there at the end. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Variant } from '../peers.ts';
import { startApp } from './app-process.ts';
import { startCollector } from './collector-process.ts';
import type { Stored } from './collector-process.ts';
import { LoadAtRate } from './load-at-rate.ts';

export interface Course {
  /** Requests in a second. */
  readonly rate: number;
  readonly beforeS: number;
  readonly awayS: number;
  readonly afterS: number;
}

export interface Outage {
  /** Each made a span and a log record. */
  readonly answered: number;
  /** Requests that ended without an answer. */
  readonly failed: number;
  readonly p99Ms: number;
  readonly stored: Stored;
  /** At the end of the outage. */
  readonly spooledBytes: number;
  /** From the collector's start to the last item. */
  readonly recoveredMs: number;
  readonly peakBytes: number;
  readonly exitMs: number;
  /** Lines on stderr and stdout. */
  readonly said: readonly string[];
}

/** Nothing more has come for so long: nothing more will. */
const quietMs = 15_000;

export async function measureOutage(variant: Variant, { rate, beforeS, awayS, afterS }: Course): Promise<Outage> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-outage-'));
  const data = join(folder, 'data');
  const spool = join(folder, 'spool');
  const first = await startCollector(data, 0);
  const app = await startApp(variant, { otlpUrl: first.otlpUrl, spool });
  const load = new LoadAtRate(app.port, rate);
  try {
    await load.run(beforeS);
    await first.stop();
    await load.run(awayS);
    const spooledBytes = bytesIn(spool);
    const second = await startCollector(data, Number(new URL(first.otlpUrl).port));
    const backMs = performance.now();
    await load.run(afterS);
    const lastMs = await untilQuiet(second.stored, load.answered);
    const { peakBytes } = await app.peak();
    const endMs = performance.now();
    await app.end();
    const exitMs = performance.now() - endMs;
    const stored = await second.stored();
    await second.stop();
    const { answered, sent, p99Ms } = load;
    const failed = sent - answered;
    const recoveredMs = lastMs - backMs;
    return { answered, failed, p99Ms, stored, spooledBytes, recoveredMs, peakBytes, exitMs, said: app.said() };
  } finally {
    await app.kill();
    await first.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns When the last item came. */
async function untilQuiet(stored: () => Promise<Stored>, wanted: number): Promise<number> {
  let last = await stored();
  let lastMs = performance.now();
  while (performance.now() - lastMs < quietMs) {
    if (last.spans >= wanted && last.logRecords >= wanted) break;
    // oxlint-disable-next-line no-await-in-loop -- looked at again and again
    await sleep(250);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const now = await stored();
    if (now.spans === last.spans && now.logRecords === last.logRecords) continue;
    last = now;
    lastMs = performance.now();
  }
  return lastMs;
}

function bytesIn(directory: string): number {
  try {
    return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  } catch {
    // Nothing was spooled, or a file went in between: a figure for people, not a check.
    return 0;
  }
}
