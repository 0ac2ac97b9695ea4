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

const method = 'reqlens.usage.method';
const cpu = 'reqlens.usage.cpu_ms';
const wait = 'reqlens.usage.wait_ms';
const memory = ['reqlens.usage.heap_allocated_bytes', 'reqlens.usage.external_memory_bytes'] as const;
const io = [
  'reqlens.usage.socket_read_bytes',
  'reqlens.usage.socket_written_bytes',
  'reqlens.usage.outgoing_read_bytes',
  'reqlens.usage.outgoing_written_bytes',
  'reqlens.usage.file_read_bytes',
  'reqlens.usage.file_written_bytes',
] as const;

/** @returns undefined when the span was not tracked. */
export function usageIn(attributes: Attributes): UsageFigures | undefined {
  const measuredBy = attributes[method];
  // Ours have a method always; a sender of another kind is known by the one figure that matters most. Two look-ups, as each span pays them.
  if (measuredBy === undefined && attributes[cpu] === undefined) return undefined;
  return {
    cpuMs: figure(attributes, cpu),
    waitMs: figure(attributes, wait),
    memoryBytes: sumOf(attributes, memory),
    ioBytes: sumOf(attributes, io),
    isComplete: attributes['reqlens.usage.is_complete'] !== false,
    method: typeof measuredBy === 'string' ? measuredBy : undefined,
  };
}

function sumOf(attributes: Attributes, names: readonly string[]): number | undefined {
  const known = names.map((name) => figure(attributes, name)).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

function figure(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name];
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
