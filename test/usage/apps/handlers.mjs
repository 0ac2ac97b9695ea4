/** What the routes of tracked-app do; each uses something known. */
import { AsyncResource } from 'node:async_hooks';
import { pbkdf2, randomBytes } from 'node:crypto';
import { lookup } from 'node:dns';
import { once } from 'node:events';
import fs, { createReadStream, createWriteStream, readFile, readFileSync } from 'node:fs';
import { open, readFile as readFilePromise, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { cpuMs } from './thread-cpu.mjs';

const steps = 20;

let sink = 0;
/** Burns CPU until this thread has used so many milliseconds more; on the oldest Node by the clock on the wall. */
function burn(ms) {
  const end = cpuMs() + ms;
  while (cpuMs() < end) for (let index = 0; index < 10_000; index += 1) sink += Math.sqrt(index);
}

async function afterEach(away) {
  for (let step = 0; step < steps; step += 1) {
    await away();
    burn(1);
  }
}

function callbacks(away) {
  const { promise, resolve } = Promise.withResolvers();
  let left = steps;
  const next = () => {
    burn(1);
    left -= 1;
    if (left === 0) resolve();
    else away(next);
  };
  away(next);
  return promise;
}

/** Settled in a timer that belongs to nobody. */
let waiting = [];
setInterval(() => {
  const all = waiting;
  waiting = [];
  for (const each of all) each();
}, 2).unref();
const batched = () => new Promise((resolve) => waiting.push(resolve));

/** Two functions deep, settled in the same drain of the promise queue as those of others: their continuations lie between its own. */
async function layered(work) {
  await (async () => {
    await batched();
    work();
  })();
  work();
}

/** How often `block` has run. */
let blocks = 0;
async function untilBlocked(away) {
  const before = blocks;
  const hasRun = () => blocks > before;
  while (!hasRun()) await away();
}

/** A connection of nobody's request, answering in order. */
let pooled;
const asked = [];
function query(url) {
  pooled ??= connect(Number(url.searchParams.get('echo')), '127.0.0.1').on('data', (bytes) => {
    for (let index = 0; index < bytes.length; index += 5) asked.shift()?.();
  });
  pooled.write('12345');
  return new Promise((resolve) => asked.push(resolve));
}

class Deferred extends Promise {}

async function* numbers() {
  for (let step = 0; step < steps; step += 1) {
    await immediate();
    yield step;
  }
}

export const usesOwnResponse = new Set(['never', 'early']);

export const handlers = {
  // 20 ms of CPU, in twenty pieces.
  sync: () => burn(steps),
  await: () => afterEach(() => undefined),
  chain: () => Array.from({ length: steps }).reduce((chain) => chain.then(() => burn(1)), immediate()),
  all: () => Promise.all(Array.from({ length: steps }, () => batched().then(() => burn(1)))),
  subclass: async () => {
    for (let step = 0; step < steps; step += 1) {
      await new Promise((resolve) => {
        void new Deferred((settle) => waiting.push(settle)).then(() => {
          burn(1);
          return resolve();
        });
      });
    }
  },
  generator: async () => {
    for await (const _ of numbers()) burn(1);
  },
  timers: () => afterEach(() => wait(1)),
  immediates: () => callbacks(setImmediate),
  ticks: () => callbacks((next) => process.nextTick(next)),
  microtasks: () => callbacks(queueMicrotask),
  resources: () => callbacks((next) => waiting.push(AsyncResource.bind(next))),
  batched: () => afterEach(batched),
  layered: async () => {
    for (let step = 0; step < steps / 2; step += 1) await layered(() => burn(1));
  },
  pool: (_request, _response, url) => afterEach(() => query(url)),
  stream: async () => {
    const transform = new Transform({
      transform(chunk, _encoding, done) {
        burn(1);
        setImmediate(() => done(null, chunk));
      },
    });
    for (let step = 0; step < steps; step += 1) transform.write('x');
    transform.end();
    await once(transform.resume(), 'end');
  },
  files: () => afterEach(() => readFilePromise(import.meta.filename)),
  compress: () => afterEach(() => promisify(gzip)('text')),
  // Nothing much, for long.
  idle: () => wait(150),
  // Each waits in its way until `block` has run, which tells for how long by the clock on the wall.
  behindTimers: () => untilBlocked(() => wait(1)),
  behindImmediates: () => untilBlocked(immediate),
  behindOthers: () => untilBlocked(batched),
  block: () => {
    const start = performance.now();
    burn(200);
    blocks += 1;
    return performance.now() - start;
  },
  // Exact.
  threadpool: async () => {
    await Promise.all(Array.from({ length: 3 }, () => promisify(pbkdf2)('secret', 'salt', 20_000, 32, 'sha512')));
    await promisify(randomBytes)(16);
    await promisify(lookup)('localhost');
  },
  // 3 fetches of http and one of undici, each answered with `upstream`.
  calls: async (_request, _response, url) => {
    const upstream = url.searchParams.get('upstream');
    for (let step = 0; step < 3; step += 1) {
      await new Promise((resolve, reject) => {
        get(upstream, (response) => response.resume().once('end', resolve)).once('error', reject);
      });
    }
    await (await fetch(upstream, { method: 'POST', body: 'body' })).text();
  },
  // 5 bytes out and in, ten times, over a connection that was there before.
  queries: async (_request, _response, url) => {
    for (let step = 0; step < 10; step += 1) await query(url);
  },
  // 1,000 bytes read seven times.
  reads: async (_request, _response, url) => {
    const path = url.searchParams.get('file');
    readFileSync(path);
    readFileSync(path, 'utf8');
    await promisify(readFile)(path);
    await readFilePromise(path, { encoding: 'utf8' });
    await once(createReadStream(path).resume(), 'close');
    const handle = await open(path);
    await handle.read(Buffer.alloc(2000), 0, 2000, 0);
    await handle.close();
    const descriptor = fs.openSync(path);
    fs.readSync(descriptor, Buffer.alloc(2000));
    fs.closeSync(descriptor);
  },
  // 1,000 bytes written seven times.
  writes: async (_request, _response, url) => {
    const path = `${url.searchParams.get('file')}.${url.searchParams.get('id')}.out`;
    const content = Buffer.alloc(1000, 'x');
    fs.writeFileSync(path, content);
    fs.appendFileSync(path, content.toString());
    await promisify(fs.writeFile)(path, content);
    await promisify(fs.appendFile)(path, content.toString(), 'latin1');
    await writeFile(path, content);
    const handle = await open(path, 'w');
    await handle.writeFile(content);
    await handle.close();
    const stream = createWriteStream(path);
    stream.end(content);
    await once(stream, 'close');
    await rm(path);
  },
  // 250 arrays of 5,000 elements: 10 MB.
  heap: async () => {
    for (let step = 0; step < 250; step += 1) {
      Array.from({ length: 5000 }, () => undefined);
      // Pieces so large that collections fall into them.
      if (step % 125 === 0) await immediate();
    }
  },
  // The same in fifty pieces, with those of others in between.
  layeredHeap: async () => {
    for (let step = 0; step < 25; step += 1) {
      await layered(() => {
        for (let part = 0; part < 5; part += 1) Array.from({ length: 5000 }, () => undefined);
      });
    }
  },
  // A thousand continuations that follow each other, 10 ms of CPU in them.
  deep: async () => {
    const down = async (depth) => {
      if (depth === 0) return burn(0.01);
      await down(depth - 1);
      return depth;
    };
    for (let step = 0; step < 10; step += 1) {
      await wait(1);
      await down(100);
      burn(1);
    }
  },
  buffers: async () => {
    for (let step = 0; step < 10; step += 1) {
      Buffer.alloc(500_000);
      await immediate();
    }
  },
  echo: async (request) => {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    return `read ${bytes}`;
  },
  // Ends by its client or by a bound.
  never: () => undefined,
  // Goes on after its end.
  early: async (_request, response) => {
    response.end('early');
    await once(response, 'close');
    await immediate();
    burn(50);
  },
};
