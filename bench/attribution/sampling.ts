/** The peer: @datadog/pprof takes a stack sample every millisecond of CPU and labels it with the request whose context runs. */
import { createRequire } from 'node:module';

import type { Sample } from './server.ts';

/** What we use of @datadog/pprof's `time`. */
interface TimeProfiler {
  start(options: Readonly<Record<string, unknown>>): void;
  stop(restart?: boolean, labels?: (node: LabelledNode) => Record<string, string>): PprofProfile;
  runWithContext?<Result>(context: object, work: () => Result): Result;
  setContext(context: object | undefined): void;
}

interface LabelledNode {
  readonly context?: { readonly context?: { readonly id?: string } };
}

interface PprofProfile {
  readonly sample: readonly { readonly value: readonly (number | bigint)[]; readonly label: readonly PprofLabel[] }[];
  readonly sampleType: readonly { readonly type: number }[];
  readonly stringTable: { readonly strings: readonly string[] };
}

interface PprofLabel {
  readonly key: number;
  readonly str: number;
}

export interface Sampling {
  readonly run: (id: string, work: () => unknown) => void;
  readonly ended: (id: string, known: { readonly kind: string; readonly truth: number }) => void;
  /** Of all requests until now; ends the sampling. */
  readonly samples: () => Sample[];
}

/** @throws Error when the package is not installed or has no binary for this Node version. */
export function startSampling(): Sampling {
  const require = createRequire(import.meta.url);
  const { time }: { time: TimeProfiler } = require('@datadog/pprof');
  const options = { durationMillis: 3_600_000, intervalMicros: 1000, collectCpuTime: true };
  time.start({ ...options, withContexts: true, useCPED: true, lineNumbers: false });
  const known = new Map<string, { kind: string; truth: number }>();
  return {
    run: (id, work) => {
      if (time.runWithContext === undefined) {
        time.setContext({ id });
        work();
      } else time.runWithContext({ id }, work);
    },
    ended: (id, { kind, truth }) => void known.set(id, { kind, truth }),
    samples: () => {
      const profile = time.stop(false, ({ context }) => ({ id: context?.context?.id ?? '' }));
      const cpuMs = cpuById(profile);
      return [...known].map(([id, each]) => ({ ...each, pprof: cpuMs.get(id) ?? 0 }));
    },
  };
}

function cpuById({ sample, sampleType, stringTable }: PprofProfile): Map<string, number> {
  const column = sampleType.findIndex(({ type }) => stringTable.strings[type] === 'cpu');
  const sums = new Map<string, number>();
  for (const { value, label } of sample) {
    const id = label.find(({ key }) => stringTable.strings[key] === 'id');
    const text = stringTable.strings[id?.str ?? 0] ?? '';
    // Nanoseconds.
    sums.set(text, (sums.get(text) ?? 0) + Number(value[column] ?? 0) / 1e6);
  }
  return sums;
}
