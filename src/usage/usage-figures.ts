/** From what was counted to the figures that are shown: units, rounding, and what is absent. Pure. */
import type { UsageMethod } from './clocks.ts';
import type { ResourceUsage } from './resource-usage.ts';
import type { OwnSocketBytes } from './socket-bytes.ts';
import type { UsageRecord } from './usage-record.ts';

export interface MeasuredRequest {
  readonly record: UsageRecord;
  readonly durationMs: number;
  /** Of the duration, when the event loop was idle; undefined where nobody knows. */
  readonly idleMs: number | undefined;
  readonly socket: OwnSocketBytes;
  readonly method: UsageMethod;
  readonly isComplete: boolean;
}

/** Milliseconds to the microsecond, bytes whole. */
export function usageOf({ record, durationMs, idleMs, socket, method, isComplete }: MeasuredRequest): ResourceUsage {
  const { wallMs, cpuUserUs, cpuSystemUs } = record;
  return {
    durationMs: toMs(durationMs * 1000),
    cpuMs: toMs(cpuUserUs + cpuSystemUs),
    // Wall time cannot be told apart.
    ...(method === 'segments/thread-cpu' ? { cpuUserMs: toMs(cpuUserUs), cpuSystemMs: toMs(cpuSystemUs) } : {}),
    eventLoopMs: toMs(wallMs * 1000),
    ...waitOf(Math.max(0, durationMs - wallMs), idleMs),
    ...(record.canTellHeap ? memoryOf(record) : {}),
    threadpoolJobs: record.threadpoolJobs,
    ...(record.canTellThreadpoolTime ? { threadpoolEstimatedMs: toMs(record.threadpoolUs) } : {}),
    socketReadBytes: socket.readBytes,
    socketWrittenBytes: socket.writtenBytes,
    outgoingReadBytes: Math.round(record.outgoingReadBytes),
    outgoingWrittenBytes: record.outgoingWrittenBytes,
    outgoingRequests: record.outgoingRequests,
    fileReadBytes: record.fileReadBytes,
    fileWrittenBytes: record.fileWrittenBytes,
    method,
    isComplete,
  };
}

/** In whole microseconds first, so that the parts add up. */
function waitOf(waitMs: number, idleMs: number | undefined): Partial<ResourceUsage> {
  const waitUs = Math.round(waitMs * 1000);
  if (idleMs === undefined) return { waitMs: toMs(waitUs) };
  const idleUs = Math.round(Math.min(Math.max(0, idleMs * 1000), waitUs));
  return { waitMs: toMs(waitUs), waitBusyMs: toMs(waitUs - idleUs), waitIdleMs: toMs(idleUs) };
}

function memoryOf({ heapBytes, externalBytes, gcUs, gcCount }: UsageRecord): Partial<ResourceUsage> {
  return {
    heapAllocatedBytes: Math.round(heapBytes),
    externalMemoryBytes: Math.round(externalBytes),
    gcMs: toMs(gcUs),
    gcCount,
  };
}

function toMs(microseconds: number): number {
  return Math.round(microseconds) / 1000;
}
