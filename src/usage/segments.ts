/** Charges the synchronous piece that is running to the request it belongs to. Knows nothing of how pieces are found. */
import { threadCpu, wallMs } from './clocks.ts';
import type { ThreadCpu } from './clocks.ts';
import { HeapMeter } from './heap.ts';
import { UsageRecord } from './usage-record.ts';

/** Empty pieces measured before the first real one: the median of 64 settles within 0.2 us, and takes half a millisecond. */
const calibrationPieces = 64;
const pausesOfEmptyPiece = 8;

/**
 * Milliseconds. Between two continuations of which one has made the other ready V8 takes a tenth of that; what is longer was code of
 * others, unseen: V8 says nothing of a continuation that was awaited while promise hooks were off.
 */
const longestGapMs = 0.02;

/**
 * Reading all clocks takes 1.4 us (Node 24), as long as several short continuations. So a piece can be *paused*: two readings that cost 0.3 us,
 * and it goes on when the next continuation is the same request's and follows at once. What passed in between is taken out again, by
 * the clock on the wall. Every other end of a piece is exact.
 */
export class Segments {
  #current: UsageRecord | undefined;
  #paused: UsageRecord | undefined;
  #pausedAtMs = 0;
  /** Pauses of the open piece together. */
  #gapsMs = 0;
  readonly #heap = new HeapMeter();
  #startMs = 0;
  #startCpu: ThreadCpu = { user: 0, system: 0 };
  /** What an empty piece shows: reading the clocks. */
  #ownUs = 0;
  #ownMs = 0;

  /** Whose piece is running. */
  get current(): UsageRecord | undefined {
    return this.#current;
  }

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** The running piece has been paused before, and went on at once: most likely it does so again. */
  get hasGoneOn(): boolean {
    return this.#gapsMs > 0;
  }

  /** Ends the running piece and starts one of `next`. The same request going on is one piece. */
  switchTo(next: UsageRecord | undefined): void {
    if (this.#paused !== undefined && this.#resumes(this.#paused, next)) return;
    if (next === this.#current) return;
    if (this.#current !== undefined) this.#close(this.#current);
    if (next?.isLive === true) this.#open(next);
  }

  /** The running piece is over, unless it goes on at once. Somebody must `switchTo` before the event loop goes on: its waiting is no gap. */
  pause(): void {
    const record = this.#current;
    if (record === undefined) return;
    this.#pausedAtMs = wallMs();
    this.#heap.pause(record);
    this.#paused = record;
    this.#current = undefined;
  }

  /** Finds out what measuring itself costs on this machine, now. */
  calibrate(): void {
    this.#ownUs = 0;
    this.#ownMs = 0;
    this.#heap.calibrate(0, 0);
    const pieces = Array.from({ length: calibrationPieces }, () => this.#emptyPiece(0));
    const paused = Array.from({ length: calibrationPieces }, () => this.#emptyPiece(pausesOfEmptyPiece));
    this.#ownUs = median(pieces.map(({ cpuUserUs, cpuSystemUs }) => cpuUserUs + cpuSystemUs));
    this.#ownMs = median(pieces.map((piece) => piece.wallMs));
    const ownHeapBytes = median(pieces.map(({ heapBytes }) => heapBytes));
    const pausedBytes = median(paused.map(({ heapBytes }) => heapBytes));
    this.#heap.calibrate(ownHeapBytes, Math.max(0, pausedBytes - ownHeapBytes) / pausesOfEmptyPiece);
  }

  /** Interrupts the running piece for work of our own, which must not throw. */
  aside(work: () => void): void {
    const current = this.#current;
    this.switchTo(undefined);
    work();
    this.switchTo(current);
  }

  /** Another callback follows: whatever happens before the next piece is nobody's. */
  endTurn(): void {
    this.#heap.endTurn();
  }

  #emptyPiece(pauses: number): UsageRecord {
    const record = new UsageRecord();
    this.switchTo(record);
    for (let count = 0; count < pauses; count += 1) {
      this.pause();
      this.switchTo(record);
    }
    this.switchTo(undefined);
    return record;
  }

  /** @returns Whether the paused piece goes on; otherwise it is closed. */
  #resumes(paused: UsageRecord, next: UsageRecord | undefined): boolean {
    this.#paused = undefined;
    const gapMs = wallMs() - this.#pausedAtMs;
    if (next === paused && paused.isLive && gapMs <= longestGapMs) {
      this.#gapsMs += gapMs;
      this.#heap.resume();
      this.#current = paused;
      return true;
    }
    this.#closePaused(paused);
    return false;
  }

  #open(record: UsageRecord): void {
    this.#heap.open();
    this.#current = record;
    this.#gapsMs = 0;
    this.#startMs = wallMs();
    // The clock that matters most is read last, and first when the piece ends.
    this.#startCpu = threadCpu();
  }

  #close(record: UsageRecord): void {
    const cpu = threadCpu();
    const endMs = wallMs();
    this.#current = undefined;
    this.#charge(record, { cpu, endMs, gapsMs: this.#gapsMs });
    this.#heap.close(record);
  }

  #closePaused(record: UsageRecord): void {
    const cpu = threadCpu();
    const endMs = wallMs();
    this.#charge(record, { cpu, endMs, gapsMs: this.#gapsMs + endMs - this.#pausedAtMs });
    this.#heap.closePaused(record);
  }

  #charge(record: UsageRecord, { cpu, endMs, gapsMs }: PieceEnd): void {
    const userUs = cpu.user - this.#startCpu.user;
    const systemUs = cpu.system - this.#startCpu.system;
    const totalMs = endMs - this.#startMs;
    // In proportion: the thread may have lost the processor in a gap as well as in the piece.
    const pieceShare = gapsMs === 0 ? 1 : Math.max(0, 1 - gapsMs / Math.max(totalMs, 0.001));
    const ownShare = Math.min(1, this.#ownUs / Math.max(1, (userUs + systemUs) * pieceShare));
    record.cpuUserUs += userUs * pieceShare * (1 - ownShare);
    record.cpuSystemUs += systemUs * pieceShare * (1 - ownShare);
    record.wallMs += Math.max(0, totalMs - gapsMs - this.#ownMs);
  }
}

interface PieceEnd {
  readonly cpu: ThreadCpu;
  readonly endMs: number;
  readonly gapsMs: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
