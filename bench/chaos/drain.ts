/** Waits until everything has arrived that can. */
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import type { Order } from './orders.ts';
import { spansOf } from './orders.ts';
import type { Stage } from './stage.ts';

/** With nothing on disk, so long nothing comes any more before it is believed that nothing does: batches are made each second. */
const quietMs = 8000;

/**
 * Until the collector has as much as was made, or nothing has come for a while.
 *
 * @param patienceMs - So long nothing changes any more while something is on disk. What dead processes have left is found by one that
 * has something to send itself, once a minute, and at its end.
 */
export async function untilArrived(stage: Stage, orders: readonly Order[], patienceMs: number): Promise<void> {
  const spans = orders.reduce((sum, { kind }) => sum + spansOf[kind], 0);
  let last = '';
  let lastMs = performance.now();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    const found = await stage.stats();
    const waiting = waitingIn(stage.spoolDir).length;
    if (found.spans >= spans && found.logRecords >= orders.length && waiting === 0) return;
    const now = `${found.spans} ${found.logRecords} ${waiting}`;
    if (now !== last) lastMs = performance.now();
    if (performance.now() - lastMs > (waiting === 0 ? quietMs : patienceMs)) return;
    last = now;
    // oxlint-disable-next-line no-await-in-loop -- the same
    await wait(500);
  }
}

/** Files of the spool, whoever has them. */
export function waitingIn(spoolDir: string): string[] {
  try {
    return readdirSync(spoolDir);
  } catch {
    // Nothing had to wait, so there is no directory.
    return [];
  }
}
