/** What a span says that its request used, as people read it. Pure: no DOM. Anyone may send such attributes, so each is checked. */
import type { Attributes, UsageRow } from './contract.ts';
import { counted, formatBytes, formatDuration } from './format.ts';
import type { UsageFigure } from './usage-route.ts';

const prefix = 'reqlens.usage.';

/** Names of the figures that requests are compared by. */
export const figureTitles: Readonly<Record<UsageFigure, string>> = {
  cpu: 'CPU',
  wait: 'Waiting',
  memory: 'Memory',
  io: 'I/O',
  duration: 'Duration',
};

/** One line: `Garbage collection`, `3.20 ms`, `in 2 runs`. */
interface UsageLine {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

/** CPU, waiting, memory, I/O; only those of which anything is known. */
export interface UsageSection {
  readonly title: string;
  readonly lines: readonly UsageLine[];
}

/** A stretch of the request's duration. */
export interface UsageShare {
  readonly name: 'cpu' | 'loop' | 'wait' | 'wait-busy' | 'wait-idle';
  readonly label: string;
  readonly ms: number;
  /** Of the duration, 0-1. */
  readonly share: number;
}

/** All that one span says. */
export interface SpanUsage {
  readonly sections: readonly UsageSection[];
  /** Where the duration went, in order; empty when it cannot be told. */
  readonly shares: readonly UsageShare[];
  /** `segments/thread-cpu`; undefined when the sender did not say. */
  readonly method: string | undefined;
  /** False when the request was aborted or cut off: it used at least this. */
  readonly isComplete: boolean;
}

type Figures = (name: string) => number | undefined;

/** @returns undefined when the span carries no usage. */
export function usageOf(attributes: Attributes): SpanUsage | undefined {
  if (!Object.keys(attributes).some((name) => name.startsWith(prefix))) return undefined;
  const figure: Figures = (name) => {
    const value = attributes[prefix + name];
    return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;
  };
  const method = attributes[`${prefix}method`];
  const sections = [
    { title: 'CPU', lines: cpuLines(figure) },
    { title: 'Waiting', lines: waitingLines(figure) },
    { title: 'Memory', lines: memoryLines(figure) },
    { title: 'I/O', lines: ioLines(figure) },
  ];
  return {
    sections: sections.filter(({ lines }) => lines.length > 0),
    shares: sharesOf(figure),
    method: typeof method === 'string' ? method : undefined,
    isComplete: attributes[`${prefix}is_complete`] !== false,
  };
}

/** A figure with its unit; a dash when it is absent. */
export function formatFigure(by: UsageFigure, value: number | undefined): string {
  if (value === undefined) return '–';
  return by === 'memory' || by === 'io' ? formatBytes(Math.round(value)) : formatMs(value);
}

/** The figure of a tracked request. */
export function figureOf(by: UsageFigure, row: UsageRow): number | undefined {
  const figures = {
    cpu: row.cpuMs,
    wait: row.waitMs,
    memory: row.memoryBytes,
    io: row.ioBytes,
    duration: row.durationNs / 1e6,
  };
  return figures[by];
}

function cpuLines(figure: Figures): UsageLine[] {
  const [runs, jobs] = [figure('gc_count'), figure('threadpool_jobs')];
  return known(
    line('User and system', ms(figure('cpu_ms')), shareNote(figure('cpu_ms'), figure('duration_ms'))),
    line('User', ms(figure('cpu_user_ms'))),
    line('System', ms(figure('cpu_system_ms'))),
    line('On the event loop', ms(figure('event_loop_ms')), 'wall time'),
    line('Garbage collection', ms(figure('gc_ms')), runs === undefined ? undefined : `in ${counted(runs, 'run')}`),
    line(
      'Thread pool',
      ms(figure('threadpool_estimated_ms')) ?? (jobs === undefined ? undefined : counted(jobs, 'job')),
      figure('threadpool_estimated_ms') === undefined
        ? undefined
        : ['estimated', ...(jobs === undefined ? [] : [counted(jobs, 'job')])].join(', '),
    ),
  );
}

function waitingLines(figure: Figures): UsageLine[] {
  return known(
    line('Queued or waiting', ms(figure('wait_ms'))),
    line('Event loop busy', ms(figure('wait_busy_ms')), 'queued at most'),
    line('Event loop idle', ms(figure('wait_idle_ms')), 'I/O, timers'),
  );
}

function memoryLines(figure: Figures): UsageLine[] {
  return known(
    line('Allocated on the heap', bytes(figure('heap_allocated_bytes'))),
    line('Outside of the heap', bytes(figure('external_memory_bytes')), 'buffers'),
  );
}

function ioLines(figure: Figures): UsageLine[] {
  const calls = figure('outgoing_requests');
  return known(
    line('Received from client', bytes(figure('socket_read_bytes'))),
    line('Sent to client', bytes(figure('socket_written_bytes'))),
    line('Outgoing calls', calls === undefined ? undefined : String(calls)),
    line('Received from others', bytes(figure('outgoing_read_bytes'))),
    line('Sent to others', bytes(figure('outgoing_written_bytes'))),
    line('Read from files', bytes(figure('file_read_bytes'))),
    line('Written to files', bytes(figure('file_written_bytes'))),
  );
}

/** CPU, then what else the event loop spent on it, then waiting; of these only what is known. */
function sharesOf(figure: Figures): UsageShare[] {
  const [cpuMs, loopMs] = [figure('cpu_ms'), figure('event_loop_ms')];
  const parts: readonly ShareFigure[] = [
    { name: 'cpu', label: 'CPU', ms: cpuMs },
    { name: 'loop', label: 'event loop, not CPU', ms: loopMs === undefined ? undefined : loopMs - (cpuMs ?? 0) },
    ...waitingShares(figure),
  ];
  const shown = parts.flatMap(({ ms: partMs, ...part }) =>
    partMs !== undefined && partMs > 0 ? [{ ...part, ms: partMs }] : [],
  );
  const totalMs = Math.max(
    figure('duration_ms') ?? 0,
    shown.reduce((sum, part) => sum + part.ms, 0),
  );
  return totalMs === 0 ? [] : shown.map((part) => ({ ...part, share: part.ms / totalMs }));
}

type ShareFigure = Pick<UsageShare, 'name' | 'label'> & { readonly ms: number | undefined };

/** Earlier versions, and loops without a clock, tell the whole only. */
function waitingShares(figure: Figures): ShareFigure[] {
  const [busyMs, idleMs] = [figure('wait_busy_ms'), figure('wait_idle_ms')];
  if (busyMs === undefined || idleMs === undefined) return [{ name: 'wait', label: 'waiting', ms: figure('wait_ms') }];
  return [
    { name: 'wait-busy', label: 'waiting, event loop busy', ms: busyMs },
    { name: 'wait-idle', label: 'waiting, event loop idle', ms: idleMs },
  ];
}

const formatMs = (value: number): string => (value === 0 ? '0 ms' : formatDuration(value * 1e6));
const ms = (value: number | undefined): string | undefined => (value === undefined ? undefined : formatMs(value));
const bytes = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : formatBytes(Math.round(value));

function shareNote(part: number | undefined, whole: number | undefined): string | undefined {
  if (part === undefined || whole === undefined || whole === 0) return undefined;
  return `${Number(((part / whole) * 100).toPrecision(2))} % of duration`;
}

function line(label: string, value: string | undefined, note?: string): UsageLine | undefined {
  if (value === undefined) return undefined;
  return note === undefined ? { label, value } : { label, value, note };
}

function known(...lines: readonly (UsageLine | undefined)[]): UsageLine[] {
  return lines.filter((candidate) => candidate !== undefined);
}
