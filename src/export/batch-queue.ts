/** Holds finished items until they are sent, a batch at a time; bounded, and never lost while they fit. */
import { AsyncResource } from 'node:async_hooks';

import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';

import type { BatchSettings } from '../config/config.ts';
import type { Encoded } from './request-encoder.ts';
import type { Payload, Route, Sender, Sent } from './sent.ts';

export interface BatchQueueParts<Item> {
  readonly settings: BatchSettings;
  readonly sender: Sender;
  /** Says itself why items cannot be encoded. */
  readonly encode: (items: readonly Item[]) => Encoded;
  /** What happened to a batch, for the self-report. */
  readonly onOutcome: (outcome: Outcome) => void;
}

export interface Outcome {
  readonly sent: Sent;
  /** Items that were sent, or that would have been. */
  readonly itemCount: number;
  /** Items of the batch that no OTLP could be made of; they are gone. */
  readonly unencodableCount: number;
  /** Items that found the queue full since the last outcome. */
  readonly droppedCount: number;
}

export class BatchQueue<Item> {
  readonly #parts: BatchQueueParts<Item>;
  /** Made at the start, in nobody's context. */
  readonly #outside = new AsyncResource('reqlens export queue', { requireManualDestroy: true });
  #waiting: Item[] = [];
  #inFlight: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = 0;
  #droppedCount = 0;
  #isUnreachable = false;
  #isSending = false;
  #flight: Promise<void> = Promise.resolve();

  constructor(parts: BatchQueueParts<Item>) {
    this.#parts = parts;
  }

  get route(): Route {
    return this.#parts.sender.route;
  }

  /** True after nobody answered and until somebody does: an exit need not wait for it. */
  get isUnreachable(): boolean {
    return this.#isUnreachable;
  }

  /** What the probe at the start has found out. */
  markUnreachable(): void {
    this.#isUnreachable = true;
  }

  /** Constant time, and no work for the caller beyond it. The newest item is dropped when the queue is full. */
  add(item: Item): void {
    const { maxQueueSize, maxExportBatchSize, scheduleDelayMs } = this.#parts.settings;
    if (this.#waiting.length + this.#inFlight.length >= maxQueueSize) {
      this.#droppedCount += 1;
      return;
    }
    this.#waiting.push(item);
    // The end of a send plans the next one.
    if (this.#isSending) return;
    if (this.#waiting.length === maxExportBatchSize && this.#pauseMs === 0) this.#schedule(0);
    else if (this.#timer === undefined) this.#schedule(scheduleDelayMs + this.#pauseMs);
  }

  /** Resolves when what was waiting has been sent, or a send has failed. */
  async flush(): Promise<void> {
    await this.#flight;
    while (this.#waiting.length > 0) {
      const before = this.#waiting.length;
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other keeps the receiver's order
      await this.#sendNext();
      if (this.#waiting.length >= before) return;
    }
  }

  /**
   * Hands over everything not known to have arrived; the queue does not know of it any more. A batch under way is part of it: its
   * receiver may get it twice, which ids make harmless; not at all would be a loss.
   */
  takeAll(): Payload[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#inFlight, ...this.#waiting];
    this.#inFlight = [];
    this.#waiting = [];
    const { maxExportBatchSize } = this.#parts.settings;
    const payloads: Payload[] = [];
    for (let at = 0; at < all.length; at += maxExportBatchSize) {
      const items = all.slice(at, at + maxExportBatchSize);
      const { body, unencodableCount } = this.#encode(items);
      if (body !== undefined) payloads.push({ body, itemCount: items.length - unencodableCount });
    }
    return payloads;
  }

  /**
   * The timer belongs to nobody: created inside a request it would hold that request's context, and all it refers to; and what sending
   * costs would be charged to that request, if it is one that is measured.
   */
  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#outside.runInAsyncScope(() => {
      context.with(ROOT_CONTEXT, () => {
        this.#timer = setTimeout(() => void this.#sendNext(), delayMs).unref();
      });
    });
  }

  /** One batch at a time, whoever asks. */
  async #sendNext(): Promise<void> {
    this.#flight = this.#flight.then(async () => this.#sendBatch());
    return this.#flight;
  }

  async #sendBatch(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const { sender, onOutcome, settings } = this.#parts;
    this.#isSending = true;
    this.#inFlight = this.#waiting.splice(0, settings.maxExportBatchSize);
    const { body, unencodableCount } = this.#encode(this.#inFlight);
    const itemCount = this.#inFlight.length - unencodableCount;
    // Nothing to send has arrived as well as it can.
    const sent: Sent = body === undefined ? { status: 'sent' } : await sender.send({ body, itemCount });
    this.#isSending = false;
    this.#settle(sent);
    // What goes back to the queue is encoded again, and what of it could not be is counted then.
    const unencodable = sent.status === 'retry' ? 0 : unencodableCount;
    onOutcome({ sent, itemCount, unencodableCount: unencodable, droppedCount: this.#droppedCount });
    this.#droppedCount = 0;
    if (this.#waiting.length > 0) this.#schedule(this.#nextDelayMs());
  }

  /** What cannot be encoded must not take the queue down with it. */
  #encode(items: readonly Item[]): Encoded {
    try {
      return this.#parts.encode(items);
    } catch (error) {
      diag.error('export: a batch could not be encoded', error);
      return { body: undefined, unencodableCount: items.length };
    }
  }

  /** Items that nobody took go back to the front; they were counted against the limit all the time. */
  #settle(sent: Sent): void {
    if (sent.status === 'retry') {
      this.#waiting = [...this.#inFlight, ...this.#waiting];
      this.#pauseMs = this.#parts.sender.mayAskInMs();
      this.#isUnreachable = sent.isUnreachable;
    } else {
      this.#pauseMs = 0;
      this.#isUnreachable = false;
    }
    this.#inFlight = [];
  }

  #nextDelayMs(): number {
    if (this.#pauseMs > 0) return this.#pauseMs;
    const { maxExportBatchSize, scheduleDelayMs } = this.#parts.settings;
    return this.#waiting.length >= maxExportBatchSize ? 0 : scheduleDelayMs;
  }
}
