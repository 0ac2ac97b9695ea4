/**
 * One tracked request, between whose two continuations one of somebody else runs that no hook tells of, because it was awaited while
 * promise hooks were off; then the event loop waits. Prints what the request used as JSON. Nothing else runs in the process.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';

import { usageTracker } from '../../../dist/src/usage/tracking.js';
import { cpuMs } from './thread-cpu.mjs';

const tracker = usageTracker();
let sink = 0;
const thousand = Array.from({ length: 1000 }, () => 0);
function burn(ms) {
  const end = cpuMs() + ms;
  // A local number is no object on the heap.
  let sum = sink;
  while (cpuMs() < end) for (let index = 0; index < 10_000; index += 1) sum += Math.sqrt(index);
  sink = sum;
}
const allocate = (megabytes) => {
  for (let count = 0; count < megabytes * 125; count += 1) thousand.slice();
};

async function turn(isMeasured) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: '/', httpVersion: '1.1' });
  const tracking = tracker.startTracking(request, new ServerResponse(request));
  const { promise: shared, resolve } = Promise.withResolvers();
  const own = tracking.run(async () => {
    await (async () => {
      await shared;
      burn(5);
      allocate(1);
    })();
    burn(5);
    allocate(1);
  });
  // A callback of nobody's: from here on the hooks are off.
  await immediate();
  const other = (async () => {
    await shared;
    burn(40);
    if (isMeasured) allocate(20);
  })();
  await immediate();
  resolve();
  await Promise.all([own, other, wait(150)]);
  return tracking.end({ isComplete: true });
}

for (let warmup = 0; warmup < 5; warmup += 1) await turn(false);
console.log(JSON.stringify(await turn(true)));
