/** What the figures mean: field, span attribute, name in JSON, unit. docs/usage.md has the same table, held to this one by a test. */
import type { ResourceUsage } from './resource-usage.ts';

type UsageField = keyof ResourceUsage;

export interface UsageFigure {
  readonly field: UsageField;
  /** `reqlens.usage.` and the name in JSON. */
  readonly attribute: string;
  /** In the answers of the read endpoint. */
  readonly json: string;
  readonly unit: UsageUnit;
  /** One line, for people. */
  readonly meaning: string;
}

/** `count` and `bytes` are whole numbers. */
type UsageUnit = 'ms' | 'bytes' | 'count' | 'text' | 'true or false';

type Row = readonly [unit: UsageUnit, meaning: string];

const rows: Readonly<Record<UsageField, Row>> = {
  durationMs: ['ms', "From the request's head to its end."],
  cpuMs: ['ms', "CPU time of the request's own pieces, user and system; below Node 22.19 their wall time."],
  cpuUserMs: ['ms', 'The part of it in user mode, as the kernel shares it out.'],
  cpuSystemMs: ['ms', 'The part of it in the kernel.'],
  eventLoopMs: ['ms', 'Wall time of its pieces: for so long it kept others from running.'],
  waitMs: ['ms', 'The rest of the duration: waiting for I/O, timers and other requests.'],
  waitBusyMs: ['ms', 'The part of it in which the event loop was busy with other work: it queued at most so long.'],
  waitIdleMs: [
    'ms',
    'The part of it in which the event loop was idle: it waited for I/O, timers or the threadpool only.',
  ],
  heapAllocatedBytes: ['bytes', 'Allocated on the JavaScript heap, garbage included.'],
  externalMemoryBytes: ['bytes', 'Allocated outside of it: buffers.'],
  gcMs: ['ms', 'Garbage collections that began in its pieces; part of its CPU time too.'],
  gcCount: ['count', 'How many those were.'],
  threadpoolJobs: ['count', 'Jobs given to the threadpool: fs, zlib, crypto, dns.lookup.'],
  threadpoolEstimatedMs: ['ms', 'CPU time of those jobs, estimated; not part of `cpu_ms`.'],
  socketReadBytes: ['bytes', 'Of its own connection: head and body of the request, without chunk framing.'],
  socketWrittenBytes: ['bytes', 'Of its own connection: the response, all that went out.'],
  outgoingReadBytes: ['bytes', 'Read from other connections that it asked something of; after decryption.'],
  outgoingWrittenBytes: ['bytes', 'Written to other connections; before encryption.'],
  outgoingRequests: ['count', 'Calls by http, https and fetch.'],
  fileReadBytes: ['bytes', 'Read through node:fs.'],
  fileWrittenBytes: ['bytes', 'Written through node:fs.'],
  method: ['text', 'How it was measured: `segments/thread-cpu` or `segments/wall-clock`.'],
  isComplete: [
    'true or false',
    'False when the request was aborted, or cut off by a bound: the figures are those until then.',
  ],
};

/** All figures, in the order in which they are shown. */
export const usageTable: readonly UsageFigure[] = Object.entries(rows).map(([name, [unit, meaning]]) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `rows` are the fields
  const field = name as UsageField;
  const json = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { field, attribute: `reqlens.usage.${json}`, json, unit, meaning };
});
