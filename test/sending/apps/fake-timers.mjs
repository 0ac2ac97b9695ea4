/** A server that puts fake timers in (/fake), as libraries for tests do, takes them out again (/real), and makes a span (/span?name). With the argument `from-the-start` they are in before there is any telemetry. */
import { createServer } from 'node:http';

import { trace } from '@opentelemetry/api';

const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'];
const real = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
const now = performance.now.bind(performance);

/** Nothing that is made ever fires: nobody lets the time pass. */
const timer = { ref: () => timer, unref: () => timer, hasRef: () => false, refresh: () => timer };

const ways = {
  '/fake': () => {
    for (const name of names) globalThis[name] = () => timer;
    performance.now = () => 3_600_000_000;
  },
  '/real': () => {
    Object.assign(globalThis, real);
    performance.now = now;
  },
  '/span': (name) => trace.getTracer('own').startSpan(name).end(),
};

if (process.argv[2] === 'from-the-start') ways['/fake']();
const server = createServer((request, response) => {
  const [path, name] = request.url.split('?');
  ways[path](name);
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
