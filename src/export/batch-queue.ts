/** Holds finished items until there are enough of them for a batch; bounded by count and bytes. */
import type { BatchSettings } from '../config/config.ts';
import type { Delivery } from './delivery.ts';
import { encodeWithin } from './encode-within.ts';
import { inNobodysContext, unattended } from './in-nobodys-context.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { clearTimeout, nowMs, setTimeout } from '../real-timers.ts';
import type { Encoded } from './request-encoder.ts';
import type { QueueFigures } from './sdk-metrics.ts';
import type { Payload, Route } from './sent.ts';
import type { Filed } from './waiting-place.ts';

export interface BatchQueueParts<Item> {
  readonly settings: BatchSettings;
  readonly delivery: Delivery;
  /** Says itself why items cannot be encoded. */
  readonly encode: (items: readonly Item[]) => Encoded;
  /** About what an item takes as OTLP, in bytes. Called for every item: it must be cheap. */
  readonly sizeOf: (item: Item) => number;
  /** Of one request. */
  readonly maxBatchBytes: number;
  readonly budget: MemoryBudget;
}

/** An item in memory takes about so many times what it takes as OTLP: a line is there as a whole and in part, a span as objects. */
const memoryPerByte = 2;
/** While the receiver is away there is no hurry: files would be many and small. A killed process loses what came within this time. */
const awayDelayMs = 5000;

export class BatchQueue<Item> {
  readonly #parts: BatchQueueParts<Item>;
  readonly #waiting: Item[] = [];
  /** Of each waiting item. */
  readonly #sizes: number[] = [];
  #waitingBytes = 0;
  #processedCount = 0;
  #droppedCount = 0;
  /** When the last batch was cut: what waits came after it. By `performance.now()`. */
  #cutMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  #isScheduling = false;
  #flight: Promise<void> = Promise.resolve();

  constructor(parts: BatchQueueParts<Item>) {
    this.#parts = parts;
    parts.delivery.whenReady(() => {
      if (!this.#isSending && this.#waiting.length > 0) this.#schedule(0);
    });
  }

  get route(): Route {
    return this.#parts.delivery.route;
  }

  /** What the metrics tell of it. */
  get figures(): QueueFigures {
    const { settings, delivery } = this.#parts;
    return {
      signal: delivery.route.signal,
      size: this.#waiting.length + delivery.heldCount,
      capacity: settings.maxQueueSize,
      processedCount: this.#processedCount,
      droppedCount: this.#droppedCount,
    };
  }

  /** True after nobody answered and until somebody does: an exit need not wait for it. */
  get isUnreachable(): boolean {
    return this.#parts.delivery.isUnreachable;
  }

  /** What the probe at the start has found out. */
  markUnreachable(): void {
    this.#parts.delivery.markUnreachable();
  }

  /** Constant time, but for one item in some hundred when they come too fast. The newest is dropped when there is no room for it. */
  add(item: Item): void {
    const { settings, delivery, sizeOf, maxBatchBytes } = this.#parts;
    const bytes = sizeOf(item);
    if (!this.#hasRoom(bytes)) {
      delivery.countDropped(1);
      this.#droppedCount += 1;
      return;
    }
    this.#waiting.push(item);
    this.#sizes.push(bytes);
    this.#waitingBytes += bytes;
    // The end of a send plans the next one.
    if (this.#isSending) return;
    const { length } = this.#waiting;
    const isFull = length >= settings.maxExportBatchSize || this.#waitingBytes >= maxBatchBytes;
    const wasFull = length > settings.maxExportBatchSize || this.#waitingBytes - bytes >= maxBatchBytes;
    if (isFull && !wasFull && delivery.canTake) this.#schedule(0);
    else if (this.#timer === undefined) this.#schedule(this.#delayMs());
  }

  /** Resolves when what was waiting has been sent or kept, or a send has failed. */
  async flush(): Promise<void> {
    await this.#flight;
    const { delivery } = this.#parts;
    if (!delivery.canTake) await delivery.retry();
    while (this.#waiting.length > 0 && delivery.canTake) {
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other keeps the receiver's order
      await this.#sendNext();
    }
  }

  /**
   * Hands over everything not known to have arrived; the queue does not know of it any more. A batch under way is part of it: its
   * receiver may get it twice, which ids make harmless; not at all would be a loss.
   */
  takeAll(): Payload[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const payloads = this.#parts.delivery.takeAll();
    while (this.#waiting.length > 0) payloads.push(...this.#cut());
    return payloads;
  }

  /** See Delivery. */
  takeFiled(): Filed[] {
    return this.#parts.delivery.takeFiled();
  }

  /** See Delivery. */
  keepNow(payload: Payload): (() => void) | undefined {
    return this.#parts.delivery.keepNow(payload);
  }

  /** Makes room by giving batches to the disk, where there is one. */
  #hasRoom(bytes: number): boolean {
    const { settings, delivery, budget } = this.#parts;
    // What is on its way comes on top: a batch may be as large as the queue, and nothing would have room until its answer is there.
    const isOverCount = this.#waiting.length + delivery.heldCount >= settings.maxQueueSize;
    if (!isOverCount && budget.take(bytes * memoryPerByte)) return true;
    if (!delivery.canStore || this.#waiting.length === 0) return false;
    for (const payload of this.#cut()) delivery.store(payload);
    return budget.take(bytes * memoryPerByte);
  }

  /** The oldest items, encoded; more than one request when their sizes were guessed too small. */
  #cut(): readonly Payload[] {
    const { settings, encode, maxBatchBytes: maxBytes, delivery, budget } = this.#parts;
    let count = 0;
    let bytes = 0;
    while (count < this.#waiting.length && count < settings.maxExportBatchSize) {
      const next = this.#sizes[count] ?? 0;
      if (count > 0 && bytes + next > maxBytes) break;
      bytes += next;
      count += 1;
    }
    const items = this.#waiting.splice(0, count);
    this.#cutMs = nowMs();
    this.#sizes.splice(0, count);
    this.#processedCount += count;
    this.#waitingBytes -= bytes;
    budget.give(bytes * memoryPerByte);
    const { payloads, unencodableCount } = encodeWithin(items, { encode, maxBytes });
    if (unencodableCount > 0) delivery.countUnencodable(unencodableCount, payloads.length === 0);
    return payloads;
  }

  #delayMs(): number {
    const { settings, delivery } = this.#parts;
    return delivery.isAway ? Math.max(settings.scheduleDelayMs, awayDelayMs) : settings.scheduleDelayMs;
  }

  /** An application's async hook that logs or starts a span hears of the timer while it is being made, and comes back here. */
  #schedule(delayMs: number): void {
    if (this.#isScheduling) return;
    this.#isScheduling = true;
    try {
      clearTimeout(this.#timer);
      inNobodysContext(() => {
        this.#timer = setTimeout(() => unattended(async () => this.#sendNext()), delayMs).unref();
      });
    } finally {
      this.#isScheduling = false;
    }
  }

  /** One batch at a time, whoever asks. */
  async #sendNext(): Promise<void> {
    this.#flight = this.#flight.then(async () => this.#sendBatch());
    return this.#flight;
  }

  async #sendBatch(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { settings, delivery, maxBatchBytes } = this.#parts;
    if (this.#waiting.length === 0 || !delivery.canTake) return;
    this.#isSending = true;
    const [first, ...others] = this.#cut();
    // More than one is rare, and the others would be in nobody's hands while the first is under way.
    for (const payload of others) delivery.store(payload);
    if (first !== undefined) await delivery.send(first);
    this.#isSending = false;
    if (this.#waiting.length === 0 || !delivery.canTake) return;
    const isFull = this.#waiting.length >= settings.maxExportBatchSize || this.#waitingBytes >= maxBatchBytes;
    this.#schedule(isFull ? 0 : this.#delayAfterSendMs());
  }

  /** While the receiver is away a killed process loses what came since the last batch was cut: the time that its try took counts. */
  #delayAfterSendMs(): number {
    const delayMs = this.#delayMs();
    return this.#parts.delivery.isAway ? Math.max(0, delayMs - (nowMs() - this.#cutMs)) : delayMs;
  }
}
