/** Heap and external memory that a synchronous piece allocates, with what the collector took away in between added back. */
import { GCProfiler, getHeapStatistics } from 'node:v8';

import type { UsageRecord } from './usage-record.ts';

interface HeapLevel {
  readonly heapBytes: number;
  readonly externalBytes: number;
}

/**
 * One piece at a time. A profiler around each piece costs 2 to 3 us and is the only way to know of collections inside it: one for
 * the whole request gives no times, so the pieces of others could not be told apart. `total_allocated_bytes` of Node 26 was tried:
 * it moves in steps of V8's allocation buffers (400 KB and more), this by the byte.
 */
export class HeapMeter {
  #profiler: GCProfiler | undefined;
  #before: HeapLevel = { heapBytes: 0, externalBytes: 0 };
  /** What measuring itself allocates between the two readings; found by measuring nothing. */
  #ownHeapBytes = 0;

  open(): void {
    this.#profiler = new GCProfiler();
    this.#profiler.start();
    this.#before = level();
  }

  close(record: UsageRecord): void {
    const after = level();
    let heapBytes = after.heapBytes - this.#before.heapBytes - this.#ownHeapBytes;
    let externalBytes = after.externalBytes - this.#before.externalBytes;
    const collections = this.#profiler?.stop()?.statistics ?? [];
    this.#profiler = undefined;
    for (const { cost, beforeGC, afterGC } of collections) {
      heapBytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
      externalBytes += beforeGC.heapStatistics.externalMemory - afterGC.heapStatistics.externalMemory;
      record.gcUs += cost;
      record.gcCount += 1;
    }
    // Buffers of others are also given back between collections: a negative rest says nothing about this piece.
    record.heapBytes += Math.max(0, heapBytes);
    record.externalBytes += Math.max(0, externalBytes);
  }

  /** @param ownHeapBytes - What an empty piece showed; 0 before that is known. */
  calibrate(ownHeapBytes: number): void {
    this.#ownHeapBytes = ownHeapBytes;
  }
}

function level(): HeapLevel {
  const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics();
  return { heapBytes, externalBytes };
}
