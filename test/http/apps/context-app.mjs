/** Servers that look, from every kind of callback, at the request they work for; answers are what they saw, in JSON. */
import { EventEmitter, once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as later } from 'node:timers/promises';

import { currentRequest } from 'reqlens';

process.on('uncaughtException', () => {});

/** What was seen after an answer was complete, by request id; GET /after?<id> tells. */
const after = new Map();
const here = () => currentRequest()?.requestId ?? 'none';

function seeAfter(request, name) {
  const id = request.headers['x-request-id'];
  const seen = after.get(id) ?? after.set(id, {}).get(id);
  return () => {
    seen[name] = here();
  };
}

const deeds = {
  /** Which of these come before the answer ends is Node's affair; all are asked for with /after. */
  '/events': async (request, response) => {
    for (const name of ['data', 'end', 'close', 'readable', 'pause', 'resume']) {
      if (name !== 'readable') request.on(name, seeAfter(request, `request ${name}`));
    }
    for (const name of ['finish', 'close', 'prefinish']) response.on(name, seeAfter(request, `response ${name}`));
    request.socket.once('close', seeAfter(request, 'socket close'));
    request.on('end', () => response.end('seen'));
  },
  '/error': (request, response) => {
    response.on('error', seeAfter(request, 'response error'));
    response.end('seen');
    response.write('late');
  },
  '/aborted': (request, response) => {
    for (const name of ['aborted', 'error', 'close']) request.on(name, seeAfter(request, `request ${name}`));
    response.on('close', seeAfter(request, 'response close'));
    response.writeContinue();
  },
  '/timers': async (request, response) => {
    const seen = {};
    const note = (name) => () => {
      seen[name] = here();
    };
    await Promise.all([
      new Promise((resolve) => setTimeout(() => resolve(note('setTimeout')()), 1)),
      new Promise((resolve) => setImmediate(() => resolve(note('setImmediate')()))),
      new Promise((resolve) => process.nextTick(() => resolve(note('nextTick')()))),
      new Promise((resolve) => queueMicrotask(() => resolve(note('microtask')()))),
      later(1).then(note('timers/promises')),
      fetch(`http://127.0.0.1:${server.address().port}/none`).then((answer) => answer.text().then(note('fetch'))),
    ]);
    note('await')();
    response.end(JSON.stringify(seen));
  },
  '/streams': async (request, response) => {
    const seen = {};
    const watch = new Transform({
      transform(chunk, encoding, done) {
        seen.transform = here();
        done(null, chunk);
      },
      flush(done) {
        seen.flush = here();
        done();
      },
    });
    const collected = new PassThrough();
    collected.resume();
    await pipeline(request, watch, collected);
    seen.pipeline = here();
    await pipeline(Readable.from([JSON.stringify(seen)]), response);
  },
  '/iterate': async (request, response) => {
    const seen = [];
    for await (const chunk of request) seen.push(`${chunk.length} ${here()}`);
    seen.push(here());
    response.end(JSON.stringify(seen));
  },
  '/once': async (request, response) => {
    request.resume();
    await once(request, 'end');
    response.end(JSON.stringify([here()]));
  },
  /** Nothing of ours may be seen among the listeners, and what was added can be taken off again. */
  '/listeners': (request, response) => {
    const counts = () =>
      Object.fromEntries(
        [request, response].flatMap((each, index) =>
          each.eventNames().map((name) => [`${index} ${String(name)}`, each.listenerCount(name)]),
        ),
      );
    const before = counts();
    const calls = [];
    const listener = () => calls.push('removed listener called');
    const kept = () => calls.push('kept');
    for (const each of [request, response]) {
      each.on('own', listener);
      each.prependListener('own', listener);
      each.once('own', listener);
      each.on('own', kept);
    }
    const same = request
      .listeners('own')
      .concat(response.rawListeners('own'))
      .filter((each) => each === listener).length;
    for (const each of [request, response]) {
      each.removeListener('own', listener);
      each.off('own', listener);
      each.removeListener('own', listener);
    }
    const emitted = [request.emit('own'), response.emit('own'), response.emit('nobody listens')];
    const keys = [...Object.keys(request), ...Object.keys(response)];
    response.end(JSON.stringify({ before, calls, same, emitted, after: counts(), keys }));
  },
  '/none': (request, response) => response.end('none'),
  /** Another server does the work; it is still one request. */
  '/handed': (request, response) => other.emit('request', request, response),
  '/handedTwice': (request, response) => second.emit('request', request, response),
  '/reject': async () => {
    throw new Error('rejected');
  },
};

async function handle(request, response) {
  const { pathname, search } = new URL(request.url, 'http://localhost');
  if (pathname === '/after') {
    response.end(JSON.stringify(after.get(search.slice(1)) ?? {}));
    return;
  }
  await deeds[pathname](request, response);
}

class OwnRequest extends IncomingMessage {
  get isOwn() {
    return true;
  }
}
class OwnResponse extends ServerResponse {
  writeHead(...args) {
    this.setHeader('X-Own-Class', '1');
    return super.writeHead(...args);
  }

  emit(name, ...args) {
    (this.names ??= []).push(String(name));
    return super.emit(name, ...args);
  }
}

const server = createServer(handle);
const other = createServer((request, response) => response.end(JSON.stringify([here()])));
const second = createServer((request, response) => other.emit('request', request, response));
const subclassed = createServer({ IncomingMessage: OwnRequest, ServerResponse: OwnResponse }, (request, response) => {
  response.on('finish', seeAfter(request, `finish ${response.names.length > 0}`));
  response.end(JSON.stringify([here(), request.isOwn]));
});
EventEmitter.captureRejections = true;
const capturing = createServer(handle);
EventEmitter.captureRejections = false;
const continuing = createServer(handle);
continuing.on('checkContinue', (request, response) => {
  response.writeContinue();
  response.end(JSON.stringify([here()]));
});
continuing.on('checkExpectation', (request, response) => response.end(JSON.stringify([here()])));

const servers = [server, subclassed, capturing, continuing];
for (const each of servers) await once(each.listen(0, '127.0.0.1'), 'listening');
console.log(`listening ${servers.map((each) => each.address().port).join(' ')}`);
