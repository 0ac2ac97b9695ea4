/** Charges the synchronous piece that is running to the request it belongs to. Knows nothing of how pieces are found. */
import { threadCpu, wallMs } from './clocks.ts';
import type { ThreadCpu } from './clocks.ts';
import { HeapMeter } from './heap.ts';
import { UsageRecord } from './usage-record.ts';

/** Empty pieces measured before the first real one: the median of 64 settles within 0.2 us, and takes half a millisecond. */
const calibrationPieces = 64;

/**
 * Pieces are closed as soon as they end, and never kept open for the next one: V8 says nothing of a continuation that was
 * awaited while promise hooks were off, so code of others may follow unseen.
 */
export class Segments {
  #current: UsageRecord | undefined;
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

  /** Ends the running piece and starts one of `next`. The same request going on is one piece. */
  switchTo(next: UsageRecord | undefined): void {
    if (next === this.#current) return;
    if (this.#current !== undefined) this.#close(this.#current);
    if (next?.isLive === true) this.#open(next);
  }

  /** Finds out what measuring itself costs on this machine, now. */
  calibrate(): void {
    this.#ownUs = 0;
    this.#ownMs = 0;
    this.#heap.calibrate(0);
    const pieces = Array.from({ length: calibrationPieces }, () => this.#emptyPiece());
    this.#ownUs = median(pieces.map(({ cpuUserUs, cpuSystemUs }) => cpuUserUs + cpuSystemUs));
    this.#ownMs = median(pieces.map((piece) => piece.wallMs));
    this.#heap.calibrate(median(pieces.map(({ heapBytes }) => heapBytes)));
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

  #emptyPiece(): UsageRecord {
    const record = new UsageRecord();
    this.switchTo(record);
    this.switchTo(undefined);
    return record;
  }

  #open(record: UsageRecord): void {
    this.#heap.open();
    this.#current = record;
    this.#startMs = wallMs();
    // The clock that matters most is read last, and first when the piece ends.
    this.#startCpu = threadCpu();
  }

  #close(record: UsageRecord): void {
    const cpu = threadCpu();
    const endMs = wallMs();
    this.#current = undefined;
    const userUs = cpu.user - this.#startCpu.user;
    const systemUs = cpu.system - this.#startCpu.system;
    const ownShare = Math.min(1, this.#ownUs / Math.max(1, userUs + systemUs));
    record.cpuUserUs += userUs * (1 - ownShare);
    record.cpuSystemUs += systemUs * (1 - ownShare);
    record.wallMs += Math.max(0, endMs - this.#startMs - this.#ownMs);
    this.#heap.close(record);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
