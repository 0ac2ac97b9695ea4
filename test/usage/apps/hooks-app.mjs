/** Facts about the hooks themselves, in one process; prints them as one JSON line. With `--expose-gc` also about memory. */
import { AsyncResource, createHook } from 'node:async_hooks';
import fs from 'node:fs';
import { readFile as named } from 'node:fs/promises';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { getHeapStatistics, promiseHooks } from 'node:v8';

import { usageTracker } from '../../../dist/src/usage/tracking.js';

const facts = {};
const patched = () => [
  fs.readFile,
  fs.promises.readFile,
  fs.writeSync,
  // oxlint-disable-next-line typescript/unbound-method -- compared, not called
  AsyncResource.prototype.runInAsyncScope,
  // oxlint-disable-next-line typescript/unbound-method -- compared, not called
  Socket.prototype.write,
];
const before = [...patched(), named];
const ownBefore = Object.getOwnPropertyNames(Socket.prototype).length;

// Somebody else's hooks, on all the time.
const seen = { hooks: 0, promises: 0 };
createHook({ init: () => (seen.hooks += 1) }).enable();
const stopPromiseHook = promiseHooks.onInit(() => (seen.promises += 1));
const countOthers = async () => {
  const start = { ...seen };
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  return { hooks: seen.hooks - start.hooks >= 10, promises: seen.promises - start.promises >= 20 };
};

const tracker = usageTracker({ maxTracked: 2, maxDurationMs: 200 });
const socket = new Socket();
const start = (reason) => {
  const request = new IncomingMessage(socket);
  Object.assign(request, { method: 'GET', url: '/', httpVersion: '1.1' });
  return tracker.startTracking(request, new ServerResponse(request), reason);
};

// oxlint-disable-next-line typescript/unbound-method -- compared, not called
const isScopeWrapped = () => AsyncResource.prototype.runInAsyncScope !== before[3];
facts.scopeWrappedBefore = isScopeWrapped();
facts.hookedBefore = tracker.isHooked();
facts.othersBefore = await countOthers();
const suspected = { isSuspicion: true };
facts.suspectedAlone = start(suspected)?.end({ isComplete: true }).isComplete;
const first = start();
facts.suspectedBeside = start(suspected) === undefined;
facts.hookedDuring = tracker.isHooked();
facts.othersDuring = await first.run(countOthers);
facts.scopeWrappedDuring = isScopeWrapped();
const second = start();
facts.third = start() === undefined;
second.discard();
facts.afterDiscard = start()?.end({ isComplete: true }).isComplete;
const usage = first.end({ isComplete: true });
facts.sameResult = first.end({ isComplete: false }) === usage && first.soFar() === usage;
facts.hookedAfter = tracker.isHooked();
facts.othersAfter = await countOthers();
stopPromiseHook();

// What goes through `run` comes back as it is.
const through = start();
facts.result = through.run(() => 42);
try {
  through.run(() => {
    throw new TypeError('of the application');
  });
} catch (error) {
  facts.thrown = error.message;
}
through.discard();

// Rejections are unhandled when they are without us, and only then.
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error.message));
const rejecting = start();
await rejecting.run(async () => {
  const refused = Promise.reject(new Error('handled late in its own turn'));
  await refused.catch(() => {});
  void (async () => {
    await immediate();
    throw new Error('unhandled');
  })();
  fs.promises.readFile('/no/such/file').catch(() => {});
  void fs.promises.readFile('/no/such/file either').then(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
});
rejecting.discard();
facts.unhandled = unhandled.map((message) => message.replace(/, open.*/, '')).toSorted((a, b) => a.localeCompare(b));

// The order of everything is what it is without us.
const order = async () => {
  const log = [];
  const note = (text) => () => void log.push(text);
  const shared = new Promise((resolve) => setImmediate(resolve));
  void shared.then(note('then 1')).then(note('then 2')).finally(note('finally'));
  const waiter = (async () => {
    await shared;
    log.push('await 1');
    process.nextTick(note('tick'));
    queueMicrotask(note('microtask'));
    // oxlint-disable-next-line no-thenable -- awaiting one is what is looked at
    await { then: (resolve) => (log.push('thenable'), resolve()) };
    log.push('await 2');
  })();
  void shared.then(note('then 3'));
  await Promise.all([waiter, immediate(), new Promise((resolve) => setTimeout(resolve, 5))]);
  return log.join(', ');
};
const plainOrder = await order();
const ordered = start();
facts.sameOrder = (await ordered.run(order)) === plainOrder;
ordered.discard();

// Nobody ends it: the bound does.
const endless = start();
void endless.run(() => new Promise(() => {}));
while (tracker.isHooked()) await new Promise((resolve) => setTimeout(resolve, 10));
facts.endless = endless.end({ isComplete: true }).isComplete;

const usedBytes = () => getHeapStatistics().used_heap_size;
const allocate = () => Array.from({ length: 2000 }, () => undefined);

// A collection that takes away about as much as came: the level is the same at both ends of the piece.
if (globalThis.gc !== undefined) {
  const garbage = Array.from({ length: 500 }, allocate);
  const ebbing = start();
  ebbing.run(() => {
    garbage.length = 0;
    const startBytes = usedBytes();
    for (let count = 0; count < 1000; count += 1) allocate();
    globalThis.gc();
    const kept = [];
    while (usedBytes() < startBytes) kept.push(allocate());
    return kept;
  });
  const { heapAllocatedBytes, gcCount } = ebbing.end({ isComplete: true });
  // 1,000 arrays of 16 kB, and half as many instead of the garbage.
  facts.ebb = {
    isCollected: gcCount > 0,
    isCounted: heapAllocatedBytes > 20_000_000 && heapAllocatedBytes < 40_000_000,
  };
}

// Many, one after the other.
if (globalThis.gc !== undefined) {
  const many = async (count) => {
    for (let index = 0; index < count; index += 1) {
      const each = start();
      await each.run(async () => {
        await immediate();
        return new AsyncResource('each').runInAsyncScope(() => Promise.all([Buffer.alloc(10), null]));
      });
      each.end({ isComplete: true });
    }
    await immediate();
    globalThis.gc();
    await immediate();
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  };
  const requests = Number(process.argv[2] ?? 20_000);
  const settled = await many(requests / 4);
  facts.grownBytes = (await many(requests)) - settled;
}

tracker.stop();
const { readFile: namedAfter } = await import('node:fs/promises');
facts.restored = [...patched(), namedAfter].every((each, index) => each === before[index]);
facts.ownRestored = Object.getOwnPropertyNames(Socket.prototype).length === ownBefore;
console.log(JSON.stringify(facts));
