/** Handlers whose cost is known by construction: what each of them uses is in its answer, besides the answer itself. */
import { AsyncResource } from 'node:async_hooks';
import { pbkdf2, randomBytes } from 'node:crypto';
import { lookup } from 'node:dns';
import { EventEmitter, once } from 'node:events';
import { createReadStream, readFile, readFileSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { ResourceUsage } from '../../src/usage/resource-usage.ts';

type Figure = Exclude<keyof ResourceUsage, 'method' | 'isComplete'>;

/** One request at work. */
export interface Job {
  readonly request: IncomingMessage;
  /** CPU milliseconds per step, of ten. */
  readonly stepMs: number;
  /** http and raw echo servers in another process, and a folder with `100k.bin`. */
  readonly httpPort: number;
  readonly echoPort: number;
  readonly folder: string;
  /** Burns CPU and adds it to the truth. */
  readonly burn: (ms: number) => void;
  /** Does something synchronous and adds its CPU to the truth. */
  readonly spend: (work: () => void) => void;
  /** CPU of one hash of the kind `threadpool`, found when nothing else ran. */
  readonly hashMs: number;
}

export interface Kind {
  /** The figure whose truth is known; `cpuMs` unless said. */
  readonly figure?: Figure;
  /** The truth when it is not the CPU that was burnt. */
  readonly truth?: number | ((job: Job) => number);
  readonly run: (job: Job) => unknown;
}

const steps = 10;
const hundredKilobytes = 102_400;
const emitter = new EventEmitter();
emitter.setMaxListeners(0);

/** Each step burns after having been away in the way that the kind is named after. */
async function afterEach(job: Job, away: () => unknown): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    await away();
    job.burn(job.stepMs);
  }
}

/** The same with callbacks only. */
function callbacks(job: Job, away: (next: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = steps;
  const next = (): void => {
    job.burn(job.stepMs);
    left -= 1;
    if (left === 0) resolve();
    else away(next);
  };
  away(next);
  return promise;
}

/** Settled by a timer that was started before any request, as caches and batchers do. */
let waiting: (() => void)[] = [];
setInterval(() => {
  const all = waiting;
  waiting = [];
  for (const each of all) each();
}, 1).unref();
const batched = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));

/** One connection that was made before the requests, first in, first out, as a database driver's. */
let pooled: Socket | undefined;
const asked: (() => void)[] = [];
function query({ echoPort }: Job): Promise<void> {
  pooled ??= connect(echoPort, '127.0.0.1').on('data', (data) => {
    for (let index = 0; index < data.length; index += 1) asked.shift()?.();
  });
  pooled.write('x');
  return new Promise((resolve) => void asked.push(resolve));
}

class Deferred extends Promise<void> {}
const jsonDocument = JSON.stringify(
  Array.from({ length: 2000 }, (_, id) => ({ id, name: `name ${id}`, tags: ['a', 'b'] })),
);

function call({ httpPort }: Job): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get({ port: httpPort, path: '/' }, (response) => response.resume().once('end', () => resolve()));
  request.once('error', reject);
  return promise;
}

async function* numbers(): AsyncGenerator<number> {
  for (let step = 0; step < steps; step += 1) {
    await immediate();
    yield step;
  }
}

export const kinds: Readonly<Record<string, Kind>> = {
  sync: { run: (job) => job.burn(job.stepMs * steps) },
  await: { run: (job) => afterEach(job, () => Promise.resolve()) },
  'promise chain': {
    run: (job) =>
      Array.from({ length: steps }).reduce<Promise<void>>(
        (chain) => chain.then(() => job.burn(job.stepMs)),
        immediate(),
      ),
  },
  'Promise.all': {
    run: (job) => Promise.all(Array.from({ length: steps }, () => immediate().then(() => job.burn(job.stepMs)))),
  },
  'promise subclass': {
    run: (job) => afterEach(job, () => new Deferred((resolve) => setImmediate(resolve)).then(() => undefined)),
  },
  'async generator': {
    run: async (job) => {
      for await (const _ of numbers()) job.burn(job.stepMs);
    },
  },
  setTimeout: { run: (job) => afterEach(job, () => wait(1)) },
  setImmediate: { run: (job) => callbacks(job, (next) => setImmediate(next)) },
  nextTick: { run: (job) => callbacks(job, (next) => process.nextTick(next)) },
  queueMicrotask: { run: (job) => callbacks(job, (next) => queueMicrotask(next)) },
  'event emitter': {
    run: (job) =>
      callbacks(job, (next) => {
        const event = Symbol('event');
        emitter.once(event, next);
        setImmediate(() => emitter.emit(event));
      }),
  },
  AsyncResource: {
    run: (job) => callbacks(job, (next) => void waiting.push(AsyncResource.bind(next))),
  },
  'shared batch': { run: (job) => afterEach(job, batched) },
  'connection pool': { run: (job) => afterEach(job, () => query(job)) },
  stream: {
    run: async (job) => {
      const transform = new Transform({
        transform(chunk, _encoding, done) {
          job.burn(job.stepMs);
          setImmediate(done, undefined, chunk);
        },
      });
      for (let step = 0; step < steps; step += 1) transform.write('x');
      transform.end();
      await once(transform.resume(), 'end');
    },
  },
  'request body': {
    run: async (job) => {
      job.request.on('data', () => job.burn(job.stepMs));
      await once(job.request, 'end');
    },
  },
  JSON: {
    run: async (job) => {
      for (let step = 0; step < steps; step += 1) {
        await immediate();
        job.spend(() => void (held.value = JSON.stringify(JSON.parse(jsonDocument))));
      }
    },
  },
  'http call': { run: (job) => afterEach(job, () => call(job)) },
  fetch: { run: (job) => afterEach(job, async () => (await fetch(`http://127.0.0.1:${job.httpPort}/`)).text()) },
  'fs callback': {
    run: (job) => callbacks(job, (next) => readFile(`${job.folder}/100k.bin`, () => next())),
  },
  'fs promises': { run: (job) => afterEach(job, () => files.readFile(`${job.folder}/100k.bin`)) },
  zlib: { run: (job) => afterEach(job, () => promisify(gzip)('some text to compress')) },
  crypto: { run: (job) => afterEach(job, () => promisify(randomBytes)(64)) },
  dns: { run: (job) => afterEach(job, () => promisify(lookup)('127.0.0.1')) },

  'heap: 2 MB of arrays': {
    figure: 'heapAllocatedBytes',
    truth: 2_000_000,
    run: async () => {
      // 250 arrays of 1,000 elements of 8 bytes; their headers add less than 1 %.
      for (let step = 0; step < 10; step += 1) {
        await immediate();
        held.value = Array.from({ length: 25 }, () => [...thousand]);
      }
      held.value = undefined;
    },
  },
  'external: 5 MB of buffers': {
    figure: 'externalMemoryBytes',
    truth: 5_000_000,
    run: async () => {
      for (let step = 0; step < 10; step += 1) {
        await immediate();
        held.value = Buffer.alloc(500_000);
      }
      held.value = undefined;
    },
  },
  'threadpool: 4 hashes': {
    figure: 'threadpoolEstimatedMs',
    truth: ({ hashMs }) => 4 * hashMs,
    run: async () => {
      for (let step = 0; step < 4; step += 1) await hash();
    },
  },
  'files: 500 KB read': {
    figure: 'fileReadBytes',
    truth: 5 * hundredKilobytes,
    run: async ({ folder }) => {
      const path = `${folder}/100k.bin`;
      readFileSync(path);
      await files.readFile(path);
      await promisify(readFile)(path);
      await once(createReadStream(path).resume(), 'close');
      const handle = await files.open(path);
      await handle.readFile();
      await handle.close();
    },
  },
  'files: 300 KB written': {
    figure: 'fileWrittenBytes',
    truth: 3 * hundredKilobytes,
    run: async ({ folder, request }) => {
      const path = `${folder}/${request.headers['x-id']?.toString() ?? 'untracked'}.out`;
      const content = Buffer.alloc(hundredKilobytes);
      writeFileSync(path, content);
      await files.writeFile(path, content);
      const handle = await files.open(path, 'w');
      await handle.write(content);
      await handle.close();
      await files.rm(path, { force: true });
    },
  },
  'calls: 5': {
    figure: 'outgoingRequests',
    truth: 5,
    run: async (job) => {
      for (let step = 0; step < 4; step += 1) await call(job);
      await (await fetch(`http://127.0.0.1:${job.httpPort}/`)).text();
    },
  },
  'shared connection: 10 bytes read': {
    figure: 'outgoingReadBytes',
    truth: 10,
    run: async (job) => {
      for (let step = 0; step < 10; step += 1) await query(job);
    },
  },
};

/** Held for a moment, so that no compiler leaves the allocation out. */
const held: { value: unknown } = { value: undefined };
const thousand = Array.from({ length: 1000 }, (_, index) => index);

/** A job for the threadpool of some milliseconds. */
export function hash(): Promise<Buffer> {
  return promisify(pbkdf2)('secret', 'salt', 5000, 32, 'sha512');
}
