// The program that logs, one for all packages. Arguments and result are JSON: see main.ts, WriterTask and WriterResult.
'use strict';
const { readdirSync, statSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');

const { writers } = require('./writers.cjs');

const task = JSON.parse(process.argv[2]);
const { writer: name, directory, result } = task;

/** Lines between two pauses: so few that the queues for OTLP do not overflow. */
const burst = 200;
const pauseMs = 4;

/** A line's message: its number between marks, then so much that a line of pino's has 200 characters. */
const filling = 'x'.repeat(104);
const message = (n) => `<${task.process}-${String(n).padStart(7, '0')} ${filling}>`;

// In a request, so that those who know of requests write its ids: the whole work is the answer to one.
const server = http.createServer((request, response) => {
  void work().then(
    () => response.end(),
    (error) => {
      console.error(error);
      process.exit(3);
    },
  );
});
server.listen(0, '127.0.0.1', () => {
  const request = http.get({ port: server.address().port, agent: false, path: '/work' }, (response) => {
    response.resume();
    response.on('end', () => server.close());
  });
  request.on('error', () => process.exit(4));
});

async function work() {
  const writer = await writers[name](task);
  if (task.kind === 'cost') await cost(writer);
  if (task.kind === 'loss') await paced(writer, 0, task.lines);
  if (task.kind === 'exit') await exitAfter(writer);
  await writer.end();
}

/** As a fatal error's handler does it: the last line, and out. */
async function exitAfter(writer) {
  // The file is open by then: what is lost is lost at the exit, not at the start.
  writer.log(0, message(0));
  await pause(500);
  for (let n = 1; n < task.lines; n += 1) writer.log(n, message(n));
  process.exit(0);
}

async function cost(writer) {
  const { warmup, lines } = task;
  await paced(writer, 0, warmup);
  await settled();
  const before = clocks();
  await paced(writer, warmup, lines);
  await settled();
  const after = clocks();
  const fast = await writtenAtOnce(writer);
  const threadUs = after.threadUs === undefined ? undefined : (after.threadUs - before.threadUs) / lines;
  writeFileSync(result, JSON.stringify({ threadUs, processUs: (after.processUs - before.processUs) / lines, ...fast }));
}

/** Without pauses, until the last byte is in the file; the event loop gets its turns. */
async function writtenAtOnce(writer) {
  const { atOnce, warmup, lines } = task;
  if (atOnce === 0) return {};
  const bytes = bytesWritten();
  const perLine = bytes / (warmup + lines);
  const startMs = performance.now();
  for (let n = 0; n < atOnce; n += 1) {
    writer.log(warmup + lines + n, message(n));
    if (n % burst === burst - 1) await new Promise(setImmediate);
  }
  // Numbers with more digits make no line shorter, so this much is there at the end if nothing is lost.
  const deadlineMs = startMs + 20_000;
  while (bytesWritten() < bytes + perLine * atOnce * 0.999 && performance.now() < deadlineMs) await pause(2);
  const seconds = (performance.now() - startMs) / 1000;
  return performance.now() < deadlineMs ? { linesPerSecond: atOnce / seconds } : {};
}

async function paced(writer, from, count) {
  for (let n = 0; n < count; n += 1) {
    writer.log(from + n, message(from + n));
    if (n % burst === burst - 1) await pause(pauseMs);
  }
}

/** Nothing more comes into the files, and what is sent in batches has had its time; looking costs a few microseconds each. */
async function settled() {
  if (task.settleMs > 0) await pause(task.settleMs);
  let bytes = -1;
  for (let now = bytesWritten(); now !== bytes; now = bytesWritten()) {
    bytes = now;
    await pause(100);
  }
}

function bytesWritten() {
  return readdirSync(directory).reduce(
    (sum, file) => sum + (file.endsWith('.log') || /\.\d+$/.test(file) ? sizeOf(`${directory}/${file}`) : 0),
    0,
  );
}

/** A file may be renamed between the listing and the look. */
function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** This thread's clock has the granularity of the scheduler's tick unless the process's was read right before. */
function clocks() {
  const whole = process.cpuUsage();
  const thread = process.threadCpuUsage?.();
  return {
    processUs: whole.user + whole.system,
    threadUs: thread === undefined ? undefined : thread.user + thread.system,
  };
}
