/** What goes wrong, when, and for how long: chosen at random by the seed, one of a kind at a time. */
import { setTimeout as wait } from 'node:timers/promises';

import type { Random } from '../../test/support/random.ts';

/** One thing that can go wrong, and be right again. */
export interface Fault {
  readonly name: string;
  /** Two faults of one kind are never there together. */
  readonly kind: string;
  /** Kinds beside which it does not begin: together they lose what no design can keep, and docs/reliability.md says so. */
  readonly notBeside?: readonly string[];
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

export interface ChaosPlan {
  readonly faults: readonly Fault[];
  readonly random: Random;
  readonly endMs: number;
  readonly say: (line: string) => void;
}

/** Milliseconds between the beginnings of two faults, and how long one lasts. */
const pauses = { least: 200, most: 2500 };
const lengths = { least: 300, most: 7000 };

/** @returns How often each fault was there. Everything is right again when it resolves. */
export async function runFaults({ faults, random, endMs, say }: ChaosPlan): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>(faults.map(({ name }) => [name, 0]));
  const active = new Map<string, Promise<void>>();
  const between = ({ least, most }: typeof pauses): number => least + random.integer(most - least);
  while (performance.now() < endMs) {
    await wait(Math.min(between(pauses), Math.max(0, endMs - performance.now())));
    const fault = random.pick(faults);
    const lastsMs = between(lengths);
    if ([fault.kind, ...(fault.notBeside ?? [])].some((kind) => active.has(kind)) || isShunned(fault, active)) continue;
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    say(`${fault.name} for ${(lastsMs / 1000).toFixed(1)} s`);
    active.set(
      fault.kind,
      last(fault, lastsMs).finally(() => active.delete(fault.kind)),
    );
  }
  await Promise.all(active.values());
  return counts;

  function isShunned({ kind }: Fault, now: ReadonlyMap<string, unknown>): boolean {
    return faults.some((other) => now.has(other.kind) && other.notBeside?.includes(kind) === true);
  }
}

async function last(fault: Fault, ms: number): Promise<void> {
  await fault.begin();
  try {
    await wait(ms);
  } finally {
    await fault.end();
  }
}
