/**
 * What the wrappers that are always there cost while nothing is tracked, in two parts that can each be measured well: how long a call of
 * each takes, and how many of them a request makes. Both together are far below what a comparison of whole requests can show.
 */
import { AsyncResource } from 'node:async_hooks';
import fs from 'node:fs';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { usageTracker } from '../../src/usage/tracking.ts';
import { spreadOf } from '../statistics.ts';
import { handlers } from './cost-handlers.ts';

/** By the wrapper's name; `calls` since the last question. */
export interface IdleAnswer {
  readonly ns: Readonly<Record<string, number>>;
  readonly calls: Readonly<Record<string, number>>;
}

interface Wrapped {
  readonly target: object;
  readonly name: string;
  /** As it is called with. */
  readonly args: readonly unknown[];
}

/** Calls that are timed together. */
const turns = 200_000;
const nothing = Buffer.alloc(1);
const wrapped: Readonly<Record<string, Wrapped>> = {
  'Socket.write': { target: Socket.prototype, name: 'write', args: [nothing, 'utf8', () => {}] },
  'Socket.end': { target: Socket.prototype, name: 'end', args: [nothing] },
  'Socket.push': { target: Socket.prototype, name: 'push', args: [nothing] },
  'AsyncResource.runInAsyncScope': { target: AsyncResource.prototype, name: 'runInAsyncScope', args: [() => {}] },
  'fs.readFileSync': { target: fs, name: 'readFileSync', args: ['name', 'utf8'] },
  'fs.readFile': { target: fs, name: 'readFile', args: ['name', 'utf8', () => {}] },
  'fs.promises.readFile': { target: fs.promises, name: 'readFile', args: ['name', 'utf8'] },
};

const ns = Object.fromEntries(Object.entries(wrapped).map(([name, each]) => [name, nsOf(each)]));
const calls = countCalls();

const server = createServer((request, response) => {
  const handler = handlers[request.url ?? ''];
  if (handler === undefined) response.writeHead(404).end();
  else void handler(response);
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
  process.on('message', () => {
    const answer: IdleAnswer = { ns, calls: { ...calls } };
    for (const name of Object.keys(calls)) calls[name] = 0;
    process.send?.(answer);
  });
});

/** Around a function that does nothing, so that nothing but the wrapper is measured. */
function nsOf({ target, name, args }: Wrapped): number {
  const own = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value: doNothing, writable: true, configurable: true });
  const tracker = usageTracker();
  // Some wrappers come with the first tracked request and stay.
  const request = new IncomingMessage(new Socket());
  tracker.startTracking(request, new ServerResponse(request))?.discard();
  const wrapper: unknown = Reflect.get(target, name);
  const rounds = Array.from({ length: 21 }, () => timeOf(wrapper, args) - timeOf(doNothing, args));
  tracker.stop();
  if (own === undefined) Reflect.deleteProperty(target, name);
  else Object.defineProperty(target, name, own);
  // The first rounds are those in which V8 compiles.
  return Math.max(0, spreadOf(rounds.slice(6)).median);
}

/** Nanoseconds a call. */
function timeOf(call: unknown, args: readonly unknown[]): number {
  const self = {};
  const before = process.hrtime.bigint();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whichever of them it is, it is a function
  for (let turn = 0; turn < turns; turn += 1) Reflect.apply(call as () => void, self, args);
  return Number(process.hrtime.bigint() - before) / turns;
}

function doNothing(): void {}

function countCalls(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [title, { target, name }] of Object.entries(wrapped)) {
    counts[title] = 0;
    const original: unknown = Reflect.get(target, name);
    const counted = function counted(this: unknown, ...args: unknown[]): unknown {
      counts[title] = (counts[title] ?? 0) + 1;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a function of Node's
      return Reflect.apply(original as () => unknown, this, args as []);
    };
    Object.defineProperty(target, name, { value: counted, writable: true, configurable: true });
  }
  // For those who import them by name.
  syncBuiltinESMExports();
  return counts;
}
