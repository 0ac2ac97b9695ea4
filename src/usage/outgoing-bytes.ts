/**
 * Bytes on connections other than the request's own: those it opens, and those of pools made before it. What is written belongs to
 * who writes; what is read belongs to those who have written since the last answer, as it is with every protocol of question and answer.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

import { guarded, patch, undoAll } from '../patch.ts';
import type { OwnerNow, UsageRecord } from './usage-record.ts';

export interface OutgoingBytesParts {
  readonly owner: OwnerNow;
  /** Whether anything is tracked. */
  readonly isOn: () => boolean;
  /** Told of a fault of ours, which must not reach those who write. */
  readonly failed: (error: unknown) => void;
}

type LookAtChunk = (socket: object, chunk: unknown, encoding: unknown) => void;

export class OutgoingBytes {
  readonly #owner: OwnerNow;
  readonly #isOn: () => boolean;
  readonly #failed: (error: unknown) => void;
  /** Connections on which a tracked request has written. */
  readonly #questions = new WeakMap<object, Questions>();
  /**
   * undici says whose request it puts on which connection. Its own context is not to be believed: the write may happen while an
   * earlier response of somebody else is finished.
   */
  readonly #fetched = new WeakMap<object, UsageRecord | undefined>();
  readonly #requests = new WeakMap<object, UsageRecord>();
  readonly restore: () => void;

  constructor({ owner, isOn, failed }: OutgoingBytesParts) {
    this.#owner = owner;
    this.#isOn = isOn;
    this.#failed = failed;
    this.restore = undoAll([
      this.#patchSocket('write', (socket, chunk, encoding) => this.#written(socket, chunk, encoding)),
      this.#patchSocket('end', (socket, chunk, encoding) => this.#written(socket, chunk, encoding)),
      this.#patchSocket('push', (socket, chunk) => this.#read(socket, chunk)),
    ]);
  }

  switchOn(): void {
    subscribe('undici:request:create', this.#fetchStarts);
    subscribe('undici:client:sendHeaders', this.#fetchSends);
    subscribe('http.client.request.start', this.#requestStarts);
  }

  switchOff(): void {
    unsubscribe('undici:request:create', this.#fetchStarts);
    unsubscribe('undici:client:sendHeaders', this.#fetchSends);
    unsubscribe('http.client.request.start', this.#requestStarts);
  }

  readonly #requestStarts = this.#listener('http.client.request.start', (): void => {
    const record = this.#owner();
    if (record !== undefined) record.outgoingRequests += 1;
  });

  readonly #fetchStarts = this.#listener('undici:request:create', (message): void => {
    const record = this.#owner();
    const { request } = membersOf(message);
    if (record === undefined || request === undefined) return;
    record.outgoingRequests += 1;
    this.#requests.set(request, record);
  });

  readonly #fetchSends = this.#listener('undici:client:sendHeaders', (message): void => {
    const { request, socket } = membersOf(message);
    if (request !== undefined && socket !== undefined) this.#fetched.set(socket, this.#requests.get(request));
  });

  /** What a listener of a channel throws ends the process. */
  #listener(name: string, part: (message: unknown) => void): (message: unknown) => void {
    return guarded(`channel ${name}`, part, (error) => this.#failed(error));
  }

  /** Looks on before the original runs; passes everything through while nothing is tracked. */
  #patchSocket(name: 'write' | 'end' | 'push', part: LookAtChunk): () => void {
    const place = `net.Socket.prototype.${name}`;
    const look = guarded(place, part, this.#failed);
    const isOn = this.#isOn;
    return patch(
      { target: Socket.prototype, name, place },
      (original) =>
        function watched(...args) {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what else it is called on fails in the original
          if (isOn() && args[0] !== null) look(this as object, args[0], args[1]);
          return Reflect.apply(original, this, args);
        },
    );
  }

  #written(socket: object, chunk: unknown, encoding: unknown): void {
    const bytes = bytesOf(chunk, encoding);
    if (bytes === undefined) return;
    const isFetch = this.#fetched.has(socket);
    const writer = isFetch ? this.#fetched.get(socket) : this.#owner();
    const record = writer?.isLive === true && writer.ownSocket !== socket ? writer : undefined;
    if (record !== undefined) record.outgoingWrittenBytes += bytes;
    if (!isFetch) this.#asked(socket, record);
  }

  #asked(socket: object, record: UsageRecord | undefined): void {
    const questions = this.#questions.get(socket);
    if (questions?.isOfInterest === true) questions.ask(record);
    // What was answered while nothing was tracked went unseen, so nothing is taken over.
    else if (record !== undefined) this.#questions.set(socket, new Questions(record));
    else if (questions !== undefined) this.#questions.delete(socket);
  }

  #read(socket: object, chunk: unknown): void {
    const bytes = bytesOf(chunk, 'utf8') ?? 0;
    const fetched = this.#fetched.get(socket);
    if (fetched === undefined) this.#questions.get(socket)?.answer(bytes);
    else if (fetched.isLive && fetched.ownSocket !== socket) fetched.outgoingReadBytes += bytes;
  }
}

/**
 * Who has written on one connection since the last answer. Usually one request. When several share it at the same time (Redis, HTTP
 * pipelining) nothing here tells whose answer is whose, so each gets a share by how often it wrote: all to the last writer, as it
 * was before, gave the requests of bench/attribution nothing at all or eight times what was theirs.
 */
class Questions {
  readonly #writes = new Map<UsageRecord, number>();
  #writesOfOthers = 0;
  #isAnswered = false;
  #latest: UsageRecord;

  constructor(first: UsageRecord) {
    this.#latest = first;
    this.ask(first);
  }

  /** False when the tracked request that has written last has ended. */
  get isOfInterest(): boolean {
    return this.#latest.isLive;
  }

  ask(record: UsageRecord | undefined): void {
    if (this.#isAnswered) {
      this.#writes.clear();
      this.#writesOfOthers = 0;
      this.#isAnswered = false;
    }
    if (record === undefined) {
      this.#writesOfOthers += 1;
      return;
    }
    this.#writes.set(record, (this.#writes.get(record) ?? 0) + 1);
    this.#latest = record;
  }

  answer(bytes: number): void {
    this.#isAnswered = true;
    let all = this.#writesOfOthers;
    for (const count of this.#writes.values()) all += count;
    for (const [record, count] of this.#writes) if (record.isLive) record.outgoingReadBytes += (bytes * count) / all;
  }
}

/** Undefined for what is no data: a callback in its place, or a chunk that the original refuses. */
export function bytesOf(chunk: unknown, encoding: unknown): number | undefined {
  if (ArrayBuffer.isView(chunk)) return chunk.byteLength;
  if (typeof chunk !== 'string') return undefined;
  return Buffer.byteLength(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8');
}

interface FetchMembers {
  readonly request?: object;
  readonly socket?: object;
}

function membersOf(message: unknown): FetchMembers {
  return typeof message === 'object' && message !== null ? message : {};
}
