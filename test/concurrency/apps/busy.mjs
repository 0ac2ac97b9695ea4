/**
 * A server whose handlers use every way of going on later. Each request names itself in its path; each line and span that it makes
 * carries that name, so that a test can tell whose it is without any of our ids.
 */
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';
import { pino } from 'pino';

const named = getLogger('webhooks');
const own = pino({ base: { own: true } }, pino.destination({ dest: 1, sync: false, minLength: 8192 }));
const tracer = trace.getTracer('busy');
const shared = new EventEmitter().setMaxListeners(0);
let base = '';

/** Logs and traces on behalf of the request of that name, wherever this runs. */
function mark(name, step) {
  named.info({ name, step }, 'step');
  own.info({ name, step }, 'step');
  tracer.startSpan(step, { attributes: { name } }).end();
}

const ways = {
  await: async (name) => {
    await Promise.resolve();
    mark(name, 'after a promise');
    await sleep(Math.random() * 5);
    mark(name, 'after sleep');
  },
  timers: async (name) => {
    await new Promise((resolve) => {
      setTimeout(() => {
        mark(name, 'timeout');
        setImmediate(() => {
          mark(name, 'immediate');
          process.nextTick(() => {
            mark(name, 'tick');
            queueMicrotask(() => resolve(mark(name, 'microtask')));
          });
        });
      }, Math.random() * 5);
    });
  },
  streams: async (name) => {
    const upper = new Transform({
      transform(chunk, _, done) {
        mark(name, 'transform');
        setImmediate(() => done(undefined, String(chunk).toUpperCase()));
      },
    });
    await pipeline(Readable.from(['a', 'b']), upper, async function (source) {
      for await (const _ of source) mark(name, 'read');
    });
  },
  /** Someone else's turn emits the event: `once` and a bound listener keep the request's context. */
  emitters: async (name) => {
    shared.once(
      name,
      AsyncResource.bind(() => mark(name, 'bound listener')),
    );
    const heard = once(shared, name);
    setImmediate(() => shared.emit(name));
    await heard;
    mark(name, 'after once');
  },
  body: async (name, request) => {
    let length = 0;
    request.on('data', (chunk) => {
      length += chunk.length;
      mark(name, 'data');
    });
    await new Promise((resolve) => request.on('end', () => resolve(mark(name, 'end'))));
    return length;
  },
  fetch: async (name) => {
    await (await fetch(`${base}/callee/${name}`)).text();
    mark(name, 'after fetch');
  },
  http: async (name) => {
    await new Promise((resolve, reject) => {
      const call = httpRequest(`${base}/callee/${name}`, (answer) => {
        mark(name, 'response');
        answer.resume().on('end', () => resolve(mark(name, 'response end')));
      });
      call.on('error', reject).end();
    });
  },
  /** Called by fetch and http above: it belongs to the caller's request. */
  callee: async (name) => {
    await sleep(1);
    mark(name, 'callee');
  },
};

const server = createServer(async (request, response) => {
  const [, way, name] = request.url.split('/');
  response.on('finish', () => mark(name, 'finish'));
  await ways[way](name, request);
  tracer.startActiveSpan('active', { attributes: { name } }, (span) => {
    mark(name, 'within active');
    span.end();
  });
  response.setHeader('x-name', name);
  response.end('ok');
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  base = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`listening ${server.address().port}\n`);
});
process.on('SIGTERM', () => {
  own.flush(() => process.exit(0));
});
