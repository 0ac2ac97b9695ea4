/**
 * Brings the batches of one signal to their receiver, sooner or later: fresh ones at once; what is not taken waits, and goes out again
 * beside the fresh ones, oldest first.
 *
 *   fresh batch ──► send ──► taken
 *                    │  └──► no answer within a second: written down, and removed when it comes
 *                    └─────► not taken: waits ──► after a pause the oldest is tried; when it is taken, the others follow
 *   while the receiver is away fresh batches wait too, without a try
 */
import type { FoundName } from '../spool/spool-name.ts';
import { inNobodysContext, unattended } from './in-nobodys-context.ts';
import { firstName } from './otlp-parts.ts';
import { payloadHalves } from './payload-halves.ts';
import { clearTimeout, nowMs, setTimeout, sleep } from '../real-timers.ts';
import { ReceiverState } from './receiver-state.ts';
import type { Outcome, Payload, Route, Sender, Sent, TooLarge } from './sent.ts';
import type { Due, Filed, WaitingPlace } from './waiting-place.ts';

/** A killed process loses what is under way for no longer than this. Most receivers answer within milliseconds. */
const writeAheadAfterMs = 1000;
/** Between two batches that waited: at most 20 in a second, and half of the receiver's time is left to others. */
const replayPauseMs = 50;

export interface DeliveryParts {
  readonly sender: Sender;
  readonly contentType: string;
  readonly place: WaitingPlace;
  readonly onOutcome: (outcome: Outcome) => void;
}

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #receiver = new ReceiverState();
  /** Under way, and nowhere but in memory. */
  readonly #inFlight = new Set<Payload>();
  /** Under way for so long that they were written down, with their files. */
  readonly #slow = new Map<Payload, FoundName>();
  #droppedCount = 0;
  #unencodableCount = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Of the timer. */
  #dueMs = Number.POSITIVE_INFINITY;
  #replaying: Promise<void> | undefined;
  #onReady: () => void = () => undefined;
  #onAnswer: (isBack: boolean) => void = () => undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  get route(): Route {
    return this.#parts.sender.route;
  }

  get isUnreachable(): boolean {
    return this.#receiver.isUnreachable;
  }

  markUnreachable(): void {
    this.#receiver.markUnreachable();
  }

  /** The receiver is away, and what is given waits. */
  get isAway(): boolean {
    return this.#receiver.isAway;
  }

  /** Whether a batch would be sent, or kept on disk; otherwise its items had better wait where they are. */
  get canTake(): boolean {
    return !this.#receiver.isAway || this.#parts.place.isOnDisk;
  }

  /** Whether `store` has a place other than memory. */
  get canStore(): boolean {
    return this.#parts.place.isOnDisk;
  }

  /** Items that wait here in memory, because neither the receiver nor the disk took them. */
  get heldCount(): number {
    return this.#parts.place.heldCount;
  }

  /** @param onReady - Called when the receiver takes batches again after it was away, and when the disk does. */
  whenReady(onReady: () => void): void {
    this.#onReady = onReady;
    this.#parts.place.whenOnDisk(onReady);
  }

  /** @param onAnswer - Called whenever the receiver has answered, with whether it was away before. */
  whenAnswered(onAnswer: (isBack: boolean) => void): void {
    this.#onAnswer = onAnswer;
  }

  /** The receiver is there, as another signal has seen: what others left may go out, though nothing of ours is fresh. */
  sendWaiting(isBack: boolean): void {
    if (isBack) this.#parts.place.lookAgain();
    if (!this.#receiver.isAway && this.#parts.place.isWorthALook) this.#plan(replayPauseMs);
  }

  /** Counted with the next outcome. */
  countDropped(itemCount: number): void {
    this.#droppedCount += itemCount;
  }

  /** @param isAll - Nothing of their batch is left that would tell. */
  countUnencodable(itemCount: number, isAll: boolean): void {
    this.#unencodableCount += itemCount;
    if (isAll) this.#tell({ sent: undefined, itemCount: 0 });
  }

  /** Resolves when the batch has been taken or refused, or is safe on disk, or waits in memory. Never rejects. */
  async send(payload: Payload): Promise<void> {
    const isBusy = this.#receiver.isAway || this.#slow.size > 0;
    if (isBusy && (this.#receiver.isAway || this.#parts.place.isOnDisk)) {
      await this.#wait(payload);
      return;
    }
    await this.#launch(payload);
  }

  /** The same for several, one after the other. None is in nobody's hands while others are under way. */
  async sendAll(payloads: readonly Payload[]): Promise<void> {
    for (const payload of payloads) this.#inFlight.add(payload);
    for (const payload of payloads) {
      this.#inFlight.delete(payload);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.send(payload);
    }
  }

  /** Puts a batch where it waits, without a try and without waiting for it: a queue is full. */
  store(payload: Payload): void {
    inNobodysContext(() => unattended(async () => this.#wait(payload)));
  }

  /** One try for what waits, however short a time ago the last one was. */
  async retry(): Promise<void> {
    await this.#replay();
  }

  /** Everything that is in memory and not known to have arrived, for an exit. Timers stay: the process may survive what looks like its end. */
  takeAll(): Payload[] {
    // One that is being put back is in both.
    const all = new Set([...this.#parts.place.takeHeld(), ...this.#inFlight]);
    this.#inFlight.clear();
    return [...all];
  }

  /**
   * For an exit: what is on disk and may be sent along. First what has no answer yet, because the exit cuts off its request; nothing else for a
   * receiver that asked, by whichever signal, to be left alone.
   */
  takeFiled(): Filed[] {
    const { place, sender } = this.#parts;
    const slow = [...this.#slow].map(([payload, file]) => place.filed(payload, file));
    this.#slow.clear();
    return this.#receiver.isAway || sender.mayAskInMs() > 0 ? slow : [...slow, ...place.takeFiled()];
  }

  /** See WaitingPlace. */
  keepNow(payload: Payload): (() => void) | undefined {
    return this.#parts.place.keepNow(payload);
  }

  async #wait(payload: Payload): Promise<void> {
    await this.#parts.place.keep(payload);
    if (this.#receiver.isAway) this.#plan(this.#receiver.pauseMs);
    else if (this.#slow.size === 0) this.#plan(replayPauseMs);
  }

  /** @returns When it is settled, or on disk. */
  async #launch(payload: Payload): Promise<void> {
    const { promise: safe, resolve } = Promise.withResolvers<void>();
    this.#inFlight.add(payload);
    let file: Promise<Due['file']> | undefined;
    const timer = setTimeout(() => {
      file = this.#writeAhead(payload, resolve);
    }, writeAheadAfterMs);
    timer.unref();
    unattended(async () => {
      try {
        const sent = await this.#parts.sender.send(payload);
        clearTimeout(timer);
        const due = { payload, file: await file };
        this.#slow.delete(payload);
        await this.#settle(due, sent);
      } finally {
        resolve();
      }
    });
    await safe;
  }

  async #writeAhead(payload: Payload, onSafe: () => void): Promise<Due['file']> {
    const file = await this.#parts.place.writeAhead(payload);
    if (file === undefined) return undefined;
    this.#inFlight.delete(payload);
    this.#slow.set(payload, file);
    onSafe();
    return file;
  }

  async #settle(due: Due, sent: Sent): Promise<void> {
    const { place } = this.#parts;
    const { payload } = due;
    if (sent.status === 'retry') {
      this.#receiver.failed(sent);
      await place.putBack(due);
      this.#inFlight.delete(payload);
      this.#plan(this.#receiver.pauseMs);
    } else {
      this.#inFlight.delete(payload);
      this.#answered();
      if (isTooLarge(sent) && (await this.#sendHalves(due))) return;
      await place.remove(due);
    }
    const tooLarge = isTooLarge(sent) ? this.#tooLarge(payload) : undefined;
    this.#tell({ sent, itemCount: payload.itemCount, ...(tooLarge === undefined ? {} : { tooLarge }) });
  }

  #tell(outcome: Omit<Outcome, 'droppedCount' | 'unencodableCount'>): void {
    const { place, onOutcome } = this.#parts;
    const droppedCount = this.#droppedCount + place.takeDroppedCount();
    const unencodableCount = this.#unencodableCount;
    this.#droppedCount = 0;
    this.#unencodableCount = 0;
    onOutcome({ ...outcome, droppedCount, unencodableCount });
  }

  /** One after the other, and the file goes when both have a place. @returns False when there is nothing to halve. */
  async #sendHalves(due: Due): Promise<boolean> {
    const { contentType } = this.#parts;
    const pieces = payloadHalves(due.payload, { contentType, signal: this.route.signal });
    if (pieces === undefined) return false;
    // With a file they are on the disk as one until both have a place.
    if (due.file === undefined) await this.sendAll(pieces);
    else for (const piece of pieces) await this.send(piece);
    await this.#parts.place.remove(due);
    return true;
  }

  /** @returns Undefined for several that cannot be taken apart. */
  #tooLarge({ body, itemCount }: Payload): TooLarge | undefined {
    const named = firstName(body, this.#parts.contentType);
    if (named === undefined && itemCount > 1) return undefined;
    return { scope: named?.scope ?? '', name: named?.name ?? '', bytes: body.byteLength };
  }

  #answered(): void {
    const wasAway = this.#receiver.isAway;
    this.#receiver.answered();
    if (wasAway) {
      this.#parts.place.lookAgain();
      this.#onReady();
    }
    if (this.#parts.place.isWorthALook) this.#plan(replayPauseMs);
    this.#onAnswer(wasAway);
  }

  /** Never later than planned before: what comes while the receiver is away would put the next try off for ever. */
  #plan(delayMs: number): void {
    const dueMs = nowMs() + delayMs;
    if (this.#replaying !== undefined || dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    inNobodysContext(() => {
      this.#timer = setTimeout(() => unattended(async () => this.#replay()), delayMs).unref();
    });
  }

  /** One at a time, whoever asks. */
  async #replay(): Promise<void> {
    clearTimeout(this.#timer);
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#replaying ??= this.#replayAll().finally(() => {
      this.#replaying = undefined;
      if (this.#receiver.isAway) this.#plan(this.#receiver.pauseMs);
      // One may have been written down since the last look.
      else if (this.#parts.place.isWorthALook) this.#plan(replayPauseMs);
    });
    return this.#replaying;
  }

  async #replayAll(): Promise<void> {
    const { place, sender } = this.#parts;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, oldest first
      const due = await place.next();
      if (due === undefined) break;
      const startMs = nowMs();
      if (due.file === undefined) this.#inFlight.add(due.payload);
      // oxlint-disable-next-line no-await-in-loop -- the same
      const sent = await sender.send(due.payload);
      // oxlint-disable-next-line no-await-in-loop -- the same
      await this.#settle(due, sent);
      if (sent.status === 'retry') return;
      // oxlint-disable-next-line no-await-in-loop -- the receiver and the application have other things to do
      await sleep(Math.max(replayPauseMs, nowMs() - startMs), undefined, { ref: false });
    }
    // Another process has sent what was here, so the receiver is back; or it is to be found out with what comes next.
    if (!this.#receiver.isAway) return;
    this.#receiver.forget();
    this.#onReady();
  }
}

function isTooLarge(sent: Sent): boolean {
  return sent.status === 'refused' && sent.isTooLarge;
}
