/** Heap and external memory that the pieces of a request allocate, with what the collector took away in between added back. */
import { GCProfiler, getHeapStatistics } from 'node:v8';

import { wallMs } from './clocks.ts';
import type { UsageRecord } from './usage-record.ts';

interface HeapLevel {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly atMs: number;
}

const nothing: HeapLevel = { heapBytes: 0, externalBytes: 0, atMs: 0 };

type Collections = ReturnType<GCProfiler['stop']>['statistics'];

/**
 * Growth from which on a collection may hide in it: one that takes away less than was allocated shows no drop. A young collection
 * takes away megabytes.
 */
const suspiciousBytes = 1_000_000;

/** A piece as long as that allocates megabytes when it allocates: what was taken away may be as much as what came. */
const suspiciousMs = 1;

/**
 * Profilers that lived through two collections are in the old generation, and until that is collected Node calls each of them,
 * stopped or not, at every collection (7 us; Node 22 to 26). No more than so many of them.
 */
const maxOldProfilers = 50;

/**
 * Levels are read at both ends of each piece (0.3 us). One profiler runs through the pieces of a turn of the event loop; it is asked only when
 * the level has dropped or risen by much since the last reading or that was long ago, and what it knows of happened since then, in the piece or before it.
 * A profiler around each piece was tried: 28 us each at concurrency 10, for the reason above. So was `total_allocated_bytes` of
 * Node 26: it moves in steps of V8's allocation buffers (400 KB and more), this by the byte.
 */
export class HeapMeter {
  #profiler: GCProfiler | undefined;
  #last = nothing;
  #paused = nothing;
  /** What measuring itself allocates between the two readings; found by measuring nothing. */
  #ownHeapBytes = 0;
  /** The same for a pause. */
  #ownPauseBytes = 0;
  #pauses = 0;
  #oldProfilers = 0;
  readonly #collected = new FinalizationRegistry<undefined>(() => {
    this.#oldProfilers -= 1;
  });

  /** What an empty piece showed, and what each pause added to that; 0 before that is known. */
  calibrate(ownHeapBytes: number, ownPauseBytes: number): void {
    this.#ownHeapBytes = ownHeapBytes;
    this.#ownPauseBytes = ownPauseBytes;
  }

  open(): void {
    const before = level();
    // Collections between two pieces are nobody's.
    if (this.#profiler !== undefined && this.#mayHaveCollected(before)) this.endTurn();
    this.#startProfiler();
    this.#last = level();
  }

  /** The piece may be over: collections that follow may be nobody's, so those until now are asked for. */
  pause(record: UsageRecord): void {
    this.#paused = level();
    if (!this.#mayHaveCollected(this.#paused)) return;
    this.#charge(record, this.#paused);
    this.#startProfiler();
  }

  resume(): void {
    this.#pauses += 1;
  }

  /** It was over when it was paused. */
  closePaused(record: UsageRecord): void {
    this.#charge(record, this.#paused);
  }

  close(record: UsageRecord): void {
    this.#charge(record, level());
  }

  #charge(record: UsageRecord, after: HeapLevel): void {
    const heapBytes = after.heapBytes - this.#last.heapBytes;
    const externalBytes = after.externalBytes - this.#last.externalBytes;
    const collections = this.#mayHaveCollected(after) ? this.#collections(record) : [];
    let [takenBytes, takenExternalBytes] = [0, 0];
    for (const { cost, beforeGC, afterGC } of collections) {
      takenBytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
      takenExternalBytes += beforeGC.heapStatistics.externalMemory - afterGC.heapStatistics.externalMemory;
      record.gcUs += cost;
      record.gcCount += 1;
    }
    const ownBytes = this.#ownHeapBytes + this.#pauses * this.#ownPauseBytes;
    this.#pauses = 0;
    // Buffers of others are also given back between collections: a negative rest says nothing about this piece.
    record.heapBytes += Math.max(0, heapBytes + takenBytes - ownBytes);
    record.externalBytes += Math.max(0, externalBytes + takenExternalBytes);
    this.#last = after;
  }

  /** What follows may be long, and full of collections that concern nobody. */
  endTurn(): void {
    const profiler = this.#profiler;
    if (profiler === undefined) return;
    this.#profiler = undefined;
    const found = profiler.stop()?.statistics ?? [];
    this.#retire(profiler, found);
  }

  #startProfiler(): void {
    if (this.#profiler !== undefined || this.#oldProfilers >= maxOldProfilers) return;
    this.#profiler = new GCProfiler();
    this.#profiler.start();
  }

  /** Since the profiler was started, in the piece that ends. */
  #collections(record: UsageRecord): Collections {
    const profiler = this.#profiler;
    if (profiler === undefined) {
      record.canTellHeap = false;
      return [];
    }
    this.#profiler = undefined;
    const found = profiler.stop()?.statistics ?? [];
    this.#retire(profiler, found);
    return found;
  }

  /** Since the last reading. */
  #mayHaveCollected({ heapBytes, atMs }: HeapLevel): boolean {
    const grownBytes = heapBytes - this.#last.heapBytes;
    return grownBytes < 0 || grownBytes >= suspiciousBytes || atMs - this.#last.atMs >= suspiciousMs;
  }

  #retire(profiler: GCProfiler, { length }: Collections): void {
    if (length < 2) return;
    this.#oldProfilers += 1;
    this.#collected.register(profiler, undefined);
  }
}

function level(): HeapLevel {
  const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics();
  return { heapBytes, externalBytes, atMs: wallMs() };
}
