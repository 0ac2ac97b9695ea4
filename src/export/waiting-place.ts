/** Where the batches of one signal wait that their receiver does not take: on disk, and where that cannot be, in memory. */
import type { FoundName } from '../spool/spool-name.ts';
import type { Spool } from '../spool/spool.ts';
import type { SpooledBatch } from '../spool/spool-file.ts';
import { inNobodysContext, unattended } from './in-nobodys-context.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { nowMs, setTimeout } from '../real-timers.ts';
import type { Payload, Signal } from './sent.ts';

export interface WaitingPlaceParts {
  readonly signal: Signal;
  /** Of the receiver, see spool/destination.ts. */
  readonly destination: string;
  readonly contentType: string;
  /** Undefined: everything waits in memory. */
  readonly spool: Spool | undefined;
  readonly budget: MemoryBudget;
}

/** A batch that is to be sent now. */
export interface Due {
  readonly payload: Payload;
  /** Undefined: it is in memory alone. */
  readonly file: FoundName | undefined;
}

/** A batch on disk that an exit may send. */
export interface Filed {
  readonly payload: Payload;
  /** It goes from the disk, or waits for others again. */
  readonly settle: (isSent: boolean) => void;
}

/** Files that an exit sends along, and the time it takes to read them. More is the affair of processes that stay. */
const mostFiled = 32;
const longestReadingMs = 50;
/** Batches that a full disk, or none, leaves in memory. More would be the affair of the queue, which has items and can put them together. */
const mostHeld = 100;
/** A spool that was empty is looked into again, for what others have left. */
const lookAgainMs = 60_000;

export class WaitingPlace {
  readonly #parts: WaitingPlaceParts;
  #held: Payload[] = [];
  readonly #beingKept = new Set<Payload>();
  #droppedCount = 0;
  /** Of the next try to write down what is held. */
  #timer: NodeJS.Timeout | undefined;
  #onDisk: () => void = () => undefined;
  #mayHaveFiles = true;
  #emptyMs = Number.NEGATIVE_INFINITY;

  constructor(parts: WaitingPlaceParts) {
    this.#parts = parts;
  }

  /** Whether a batch would go to the disk. While some are held, these are tried there first: more would be held, too. */
  get isOnDisk(): boolean {
    return this.#held.length === 0 && (this.#parts.spool?.isUsable ?? false);
  }

  /** @param onDisk - Called when the disk takes batches again. */
  whenOnDisk(onDisk: () => void): void {
    this.#onDisk = onDisk;
  }

  /** Items of batches that wait in memory for want of a disk. */
  get heldCount(): number {
    return this.#held.reduce((sum, { itemCount }) => sum + itemCount, 0);
  }

  /** Something may wait: it does, or nobody has looked for a minute. */
  get isWorthALook(): boolean {
    return this.#held.length > 0 || this.#mayHaveFiles || nowMs() - this.#emptyMs > lookAgainMs;
  }

  /** After an outage: processes that ended in it have left what nobody else knows of. */
  lookAgain(): void {
    this.#mayHaveFiles = true;
    this.#parts.spool?.lookAgain();
  }

  /** Never rejects. @returns Whether it is on disk now; otherwise it waits in memory. */
  async keep(payload: Payload, end: 'push' | 'unshift' = 'push'): Promise<boolean> {
    const { budget } = this.#parts;
    budget.force(payload.body.byteLength);
    this.#beingKept.add(payload);
    const file = await this.#write(payload, false);
    // The exit took it meanwhile.
    if (!this.#beingKept.delete(payload)) return true;
    if (file === undefined) {
      this.#hold(payload, end);
      return false;
    }
    budget.give(payload.body.byteLength);
    this.#mayHaveFiles = true;
    return true;
  }

  /** Writes down what is being sent at this moment, and takes so long that the process may be gone before the answer comes. */
  async writeAhead(payload: Payload): Promise<FoundName | undefined> {
    return this.#write(payload, true);
  }

  /** @returns Undefined when nothing waits. */
  async next(): Promise<Due | undefined> {
    const { spool, destination, budget } = this.#parts;
    const held = this.#held.shift();
    if (held !== undefined) {
      budget.give(held.body.byteLength);
      return { payload: held, file: undefined };
    }
    const claimed = await spool?.take(destination);
    this.#mayHaveFiles = claimed !== undefined;
    if (claimed === undefined) {
      this.#emptyMs = nowMs();
      return undefined;
    }
    const { body, itemCount } = claimed.batch;
    return { payload: { body, itemCount }, file: claimed.found };
  }

  /** Never rejects. */
  async putBack({ payload, file }: Due): Promise<void> {
    if (file === undefined && !this.isOnDisk) {
      this.#parts.budget.force(payload.body.byteLength);
      this.#hold(payload, 'unshift');
      return;
    }
    if (file === undefined || (await this.#parts.spool?.giveBack(file)) !== true) await this.keep(payload);
    else this.#mayHaveFiles = true;
  }

  async remove({ file }: Due): Promise<void> {
    if (file !== undefined) await this.#parts.spool?.remove(file);
  }

  /** What is in memory, for an exit; none of it is here any more. */
  takeHeld(): Payload[] {
    const all = [...this.#held, ...this.#beingKept];
    this.#held = [];
    this.#beingKept.clear();
    const { spool, budget } = this.#parts;
    for (const { body } of all) budget.give(body.byteLength);
    spool?.abandonNow();
    return all;
  }

  /** For an exit. @returns Takes it away again; undefined when it could not be kept. */
  keepNow(payload: Payload): (() => void) | undefined {
    const { spool } = this.#parts;
    const file = spool?.keepNow(this.#batch(payload));
    return file === undefined ? undefined : () => spool?.removeNow(file);
  }

  /** For an exit: some of what is on disk, the oldest first. */
  takeFiled(): Filed[] {
    const { spool, destination } = this.#parts;
    if (spool === undefined) return [];
    const endMs = nowMs() + longestReadingMs;
    const isEnough = (taken: readonly unknown[]): boolean => taken.length >= mostFiled || nowMs() > endMs;
    return spool
      .takeNow(destination, isEnough)
      .map(({ batch: { body, itemCount }, found }) => this.filed({ body, itemCount }, found));
  }

  /** One that is on disk and claimed by us. */
  filed(payload: Payload, file: FoundName): Filed {
    return { payload, settle: (isSent) => this.#parts.spool?.settleNow(file, isSent) };
  }

  /** Items that were dropped since the last call, because memory was full too. */
  takeDroppedCount(): number {
    const count = this.#droppedCount;
    this.#droppedCount = 0;
    return count;
  }

  async #write(payload: Payload, isClaimed: boolean): Promise<FoundName | undefined> {
    return this.#parts.spool?.keep(this.#batch(payload), isClaimed);
  }

  /** The oldest goes when there are too many: of metrics the newest says the most, and others seldom come here. */
  #hold(payload: Payload, end: 'push' | 'unshift'): void {
    this.#held[end](payload);
    this.#planWriting();
    if (this.#held.length <= mostHeld) return;
    const dropped = this.#held.shift();
    if (dropped === undefined) return;
    this.#parts.budget.give(dropped.body.byteLength);
    this.#droppedCount += dropped.itemCount;
  }

  #planWriting(): void {
    const { spool } = this.#parts;
    if (spool === undefined || this.#timer !== undefined) return;
    inNobodysContext(() => {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        unattended(async () => this.#writeHeld());
      }, spool.usableInMs).unref();
    });
  }

  /** The disk may have room again, and what is there SIGKILL does not take. Oldest first, until one finds no room. */
  async #writeHeld(): Promise<void> {
    for (let payload = this.#held.shift(); payload !== undefined; payload = this.#held.shift()) {
      this.#parts.budget.give(payload.body.byteLength);
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the first one shows whether there is room
      if (!(await this.keep(payload, 'unshift'))) return;
    }
    this.#onDisk();
  }

  #batch({ body, itemCount }: Payload): SpooledBatch {
    const { signal, destination, contentType } = this.#parts;
    return { signal, destination, contentType, itemCount, body };
  }
}
