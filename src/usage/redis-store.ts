/**
 * Keeps usage in a Redis that all processes share, by the package `redis` of the application. Nobody waits for it: while it is away this
 * process's memory does, and what came in the meantime is handed over when it is back.
 */
import { AsyncResource } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

import type { UsageStoreSettings } from '../config/config.ts';
import { AnswerBound } from './answer-bound.ts';
import { wallMs } from './clocks.ts';
import { MemoryStore } from './memory-store.ts';
import { storeKey } from './store.ts';
import type { Kept, UsageStore } from './store.ts';
import { clearTimeout, setTimeout } from '../real-timers.ts';

/** Of a connection, and of each command. */
const timeoutMs = 1000;
/** After a failed attempt, or a lost connection, no other one is made before. */
const retryMs = 1000;
/** Written at once when it is back; the rest goes with the next. */
const maxBatch = 1000;
const keyPrefix = 'reqlens:usage:';

/** The part of node-redis's client (5 and 6) that we use. */
interface RedisClient {
  readonly isReady: boolean;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly connect: () => Promise<unknown>;
  readonly set: (key: string, value: string, options: { readonly PX: number }) => Promise<unknown>;
  readonly getRange: (key: string, start: number, end: number) => Promise<unknown>;
  readonly unref: () => void;
  readonly destroy: () => void;
}

interface RedisPackage {
  readonly createClient: (options: Readonly<Record<string, unknown>>) => RedisClient;
}

export class RedisStore implements UsageStore {
  readonly #settings: UsageStoreSettings & { readonly redisUrl: string };
  readonly #memory: MemoryStore;
  readonly #redis: RedisPackage;
  /** Kept here alone so far; at most as many as the memory has entries. */
  readonly #waiting = new Set<string>();
  /** Connections are made in it, so that they do not keep the request that happened to come first. */
  readonly #outside = new AsyncResource('reqlens usage store', { requireManualDestroy: true });
  readonly #bound = new AnswerBound();
  #client: RedisClient | undefined;
  #nextAttemptMs = 0;
  #retry: NodeJS.Timeout | undefined;
  #connecting: Promise<void> | undefined;
  #isAwaySaid = false;
  #isClosed = false;

  /** @throws When the application has no package `redis`. */
  constructor(settings: UsageStoreSettings & { readonly redisUrl: string }) {
    this.#settings = settings;
    this.#memory = new MemoryStore(settings);
    // The connection waits for the first use: the first process of a cluster serves nobody.
    this.#redis = redisFromApplication();
  }

  readonly put = (requestId: string, json: string): void => {
    this.#memory.put(requestId, json);
    this.#waiting.add(requestId);
    const [oldest] = this.#waiting;
    if (oldest !== undefined && this.#waiting.size > this.#settings.maxEntries) this.#waiting.delete(oldest);
    void this.#handOver();
  };

  readonly get = async (requestId: string): Promise<Kept> => {
    const own = this.#memory.peek(requestId);
    if (own !== undefined) return { status: 'found', json: own.json };
    try {
      const client = await this.#connected();
      if (client === undefined) return { status: 'unavailable' };
      // No more of it than tells that it is too long to be ours.
      const json = await this.#apart(async () => this.#within(client.getRange(keyOf(requestId), 0, maxEntryLength)));
      return isUsage(json) ? { status: 'found', json } : { status: 'unknown' };
    } catch (error) {
      this.#lose(error);
      return { status: 'unavailable' };
    }
  };

  readonly close = (): void => {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#drop();
    this.#memory.close();
    this.#waiting.clear();
    this.#outside.emitDestroy();
  };

  /** Writes what waits. Whatever fails stays, and is tried again with the next. */
  async #handOver(): Promise<void> {
    try {
      const client = await this.#connected();
      if (client === undefined) return;
      const requestIds = [...this.#waiting].slice(0, maxBatch);
      await Promise.all(requestIds.map(async (requestId) => this.#write(client, requestId)));
    } catch (error) {
      this.#lose(error);
    }
  }

  async #write(client: RedisClient, requestId: string): Promise<void> {
    const entry = this.#memory.peek(requestId);
    // Taken out first: the next `put` must not write it a second time.
    this.#waiting.delete(requestId);
    if (entry === undefined) return;
    try {
      await this.#apart(async () =>
        this.#within(client.set(keyOf(requestId), entry.json, { PX: Math.ceil(entry.leftMs) })),
      );
    } catch (error) {
      if (!this.#isClosed) this.#waiting.add(requestId);
      throw error;
    }
  }

  /** @returns Undefined while it is away; no attempt is made more often than every `retryMs`. */
  async #connected(): Promise<RedisClient | undefined> {
    const ready = this.#readyClient();
    if (ready !== undefined) return ready;
    if (this.#connecting === undefined && !this.#isClosed && wallMs() >= this.#nextAttemptMs) {
      this.#connecting = this.#apart(async () => this.#connect()).finally(() => {
        this.#connecting = undefined;
      });
    }
    await this.#connecting;
    return this.#readyClient();
  }

  #readyClient(): RedisClient | undefined {
    return this.#client?.isReady === true ? this.#client : undefined;
  }

  async #connect(): Promise<void> {
    try {
      const client = this.#redis.createClient({
        url: this.#settings.redisUrl,
        disableOfflineQueue: true,
        commandsQueueMaxLength: 10_000,
        // Its own waits with timers that keep the process from ending.
        socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
      });
      client.on('error', (error) => {
        // One that was given up already has nothing to say any more.
        if (client === this.#client) this.#lose(error);
      });
      client.unref();
      this.#client = client;
      await this.#within(this.#bound.watch(async () => client.connect()));
      this.#sayBack();
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Given up as a whole, also when it only did not answer: what waits is not sent to it again and again. */
  #lose(error: unknown): void {
    this.#sayAway(error);
    this.#nextAttemptMs = wallMs() + retryMs;
    this.#drop();
    if (this.#isClosed || this.#retry !== undefined) return;
    // Without a request too, because other processes may ask for what waits here. Never a reason for the process to stay.
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#handOver();
    }, retryMs + 10).unref();
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    try {
      client?.destroy();
    } catch {
      // It was closed already, which is all that is wanted.
    }
  }

  async #within<Value>(answer: Promise<Value>): Promise<Value> {
    const value = await within(answer);
    this.#bound.answered();
    return value;
  }

  /** Outside the request and without spans, even when the application's Redis calls are instrumented. */
  async #apart<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#outside.runInAsyncScope(() => context.with(suppressTracing(ROOT_CONTEXT), work));
  }

  /** Once for each time that it goes away. */
  #sayAway(error: unknown): void {
    if (this.#isAwaySaid || this.#isClosed) return;
    this.#isAwaySaid = true;
    diag.warn(
      `usage: the Redis of REQLENS_USAGE_STORE is away (${reasonOf(error)}); usage is kept in the memory of each process until it is back`,
    );
  }

  #sayBack(): void {
    if (this.#isAwaySaid) diag.info('usage: the Redis of REQLENS_USAGE_STORE is back');
    this.#isAwaySaid = false;
  }
}

function keyOf(requestId: string): string {
  return `${keyPrefix}${storeKey(requestId)}`;
}

/** An entry is some 700 bytes. What else stands under its key was put there by somebody else, and is not handed on. */
const maxEntryLength = 65_536;

function isUsage(json: unknown): json is string {
  if (typeof json !== 'string' || json.length > maxEntryLength) return false;
  try {
    const entry: unknown = JSON.parse(json);
    return typeof entry === 'object' && entry !== null && 'request_id' in entry;
  } catch {
    // Not ours: as good as nothing.
    return false;
  }
}

/** Never the address: it may hold a password. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'Error' ? withoutAddresses(error.message.slice(0, longestReason)) : error.name;
}

/** What a server says may be a megabyte; more of it is not looked at. */
const longestReason = 300;

function withoutAddresses(text: string): string {
  const words = text.split(/\s+/).map((word) => (word.includes('@') ? '***' : word));
  return words.join(' ');
}

/** A Redis that takes commands and never answers is away as well. */
async function within<Value>(answer: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoAnswer(`no answer within ${timeoutMs} ms`)), timeoutMs);
  timer.unref();
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

class NoAnswer extends Error {}

function redisFromApplication(): RedisPackage {
  const loaded: unknown = createRequire(join(process.cwd(), 'index.js'))('redis');
  if (isRedisPackage(loaded)) return loaded;
  throw new Error('the package redis has no createClient');
}

function isRedisPackage(loaded: unknown): loaded is RedisPackage {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'createClient' in loaded &&
    typeof loaded.createClient === 'function'
  );
}
