/** Reads what a request used from its span's attributes. Pure. Nothing is taken on trust: anyone may send such attributes. */
import type { Attributes } from './telemetry-store.ts';

/** The figures that the page of usage shows; each is absent when no attribute gives it. */
export interface UsageFigures {
  readonly cpuMs: number | undefined;
  readonly waitMs: number | undefined;
  /** Heap and external memory. */
  readonly memoryBytes: number | undefined;
  /** In and out: own socket, outgoing calls, files. */
  readonly ioBytes: number | undefined;
  readonly isComplete: boolean;
  readonly method: string | undefined;
}

const memory = ['heap_allocated_bytes', 'external_memory_bytes'] as const;
const io = [
  'socket_read_bytes',
  'socket_written_bytes',
  'outgoing_read_bytes',
  'outgoing_written_bytes',
  'file_read_bytes',
  'file_written_bytes',
] as const;

/** @returns undefined when the span was not tracked. */
export function usageIn(attributes: Attributes): UsageFigures | undefined {
  const method = attributes['reqlens.usage.method'];
  // Every tracked span of ours has a method; the others are looked for so that a sender of its own kind is seen too.
  if (method === undefined && !hasAnyFigure(attributes)) return undefined;
  return {
    cpuMs: figure(attributes, 'cpu_ms'),
    waitMs: figure(attributes, 'wait_ms'),
    memoryBytes: sumOf(attributes, memory),
    ioBytes: sumOf(attributes, io),
    isComplete: attributes['reqlens.usage.is_complete'] !== false,
    method: typeof method === 'string' ? method : undefined,
  };
}

function hasAnyFigure(attributes: Attributes): boolean {
  return ['cpu_ms', 'wait_ms', 'duration_ms', ...memory, ...io].some((name) => figure(attributes, name) !== undefined);
}

function sumOf(attributes: Attributes, names: readonly string[]): number | undefined {
  const known = names.map((name) => figure(attributes, name)).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

function figure(attributes: Attributes, name: string): number | undefined {
  const value = attributes[`reqlens.usage.${name}`];
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
