/** A server that makes numbered spans and lines on demand; or, with arguments `script NAME SPANS LINES`, makes them and ends. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';

import { metrics, trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';

const log = getLogger('webhooks');
const tracer = trace.getTracer('spooling');
const counter = metrics.getMeter('spooling').createCounter('spooled.things');

function make({ name, spans, lines, size }) {
  for (let index = 0; index < spans; index += 1) tracer.startSpan(`${name} span ${index}`).end();
  for (let index = 0; index < lines; index += 1) {
    log.info({ name: `${name} line ${index}`, pad: 'x'.repeat(size) }, 'line');
  }
  counter.add(1);
}

function makeMetrics(count) {
  const meter = metrics.getMeter('spooling');
  for (let index = 0; index < count; index += 1) meter.createCounter(`many.things.${index}`).add(1);
}

/** One metric with many data points. */
function makePoints(count) {
  const many = metrics.getMeter('spooling').createCounter('many.points');
  for (let index = 0; index < count; index += 1) many.add(1, { index: `${index}` });
}

const threads = [];

/** The same in a thread, which stays as long as the process, unless it is to end. */
function makeInThread(wanted) {
  threads.push(new Worker(new URL(import.meta.url), { argv: ['thread', JSON.stringify(wanted)] }));
}

/** Answers when all threads have ended, by themselves or because they are terminated. */
async function endThreads(response, isTerminated) {
  const ended = threads.splice(0).map((thread) => {
    const exit = once(thread, 'exit');
    if (isTerminated) void thread.terminate();
    return exit;
  });
  await Promise.all(ended);
  response.end();
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const number = (key) => Number(searchParams.get(key) ?? 0);
  const wanted = {
    name: searchParams.get('name'),
    spans: number('spans'),
    lines: number('lines'),
    size: number('size'),
    ends: searchParams.has('ends'),
  };
  if (pathname === '/exit') process.exit(0);
  if (pathname === '/seeming-end') process.emit('exit', 0);
  if (pathname === '/ended' || pathname === '/terminate') {
    void endThreads(response, pathname === '/terminate');
    return;
  }
  if (pathname === '/make') make(wanted);
  if (pathname === '/metrics') makeMetrics(number('count'));
  if (pathname === '/points') makePoints(number('count'));
  if (pathname === '/worker') makeInThread(wanted);
  if (pathname === '/memory') response.write(String(process.memoryUsage().rss));
  response.end();
  if (pathname === '/end') {
    response.on('close', () => {
      server.close();
      server.closeAllConnections();
    });
  }
});

const [mode, name, spans, lines] = process.argv.slice(2);
if (mode === 'thread') {
  const wanted = JSON.parse(name);
  make(wanted);
  if (!wanted.ends) setInterval(() => undefined, 1000);
} else if (mode === 'script') make({ name, spans: Number(spans), lines: Number(lines), size: 0 });
else server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
