/** Asks once, when there is telemetry, whether anybody listens where it goes, and says so if not. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { didNotTake } from './delivery-report.ts';
import type { ExitQueue } from './pipelines.ts';
import { reasonOf } from './trouble-reason.ts';

/** A collector on another machine answers a connection well within this, or it is as good as not there for an exit. */
const probeTimeoutMs = 2000;
const probeTurns = 8;

/**
 * A connection that is being made keeps the event loop alive, whatever is said of its socket. A program that is over before this
 * is not given a turn more than without us; its exit finds out by itself. In milliseconds.
 */
const probeDelayMs = 100;

// Applications put fake timers into their tests.
const { clearInterval, setInterval, setTimeout } = globalThis;

/** Returns at once; never keeps the process alive. One line for each address that does not answer, however many signals go there. */
export function probeReceivers(queues: readonly ExitQueue[]): void {
  setTimeout(() => probe(queues), probeDelayMs).unref();
}

function probe(queues: readonly ExitQueue[]): void {
  const addresses = new Map(queues.map(({ route }) => [new URL(route.url).origin, route.proxy]));
  for (const [origin, proxy] of addresses) {
    // Behind a proxy only the proxy can be asked; the receiver's name may not even be known here.
    const url = new URL(proxy ?? origin);
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
    socket.unref();
    giveUpLater(socket);
    socket.on('connect', () => socket.destroy());
    socket.on('error', (error) => sayUnreachable(origin, error, queues));
  }
}

/**
 * Counted in turns of the event loop that are a part of the time apart: one that is held up sees its timers before its sockets, and a name
 * that is looked up and connected to takes several turns. The answer may have been there all the time.
 */
function giveUpLater(socket: Socket): void {
  let turnsLeft = probeTurns;
  const timer = setInterval(() => {
    turnsLeft -= 1;
    if (turnsLeft === 0) socket.destroy(new Error(`no answer within ${probeTimeoutMs} ms`));
  }, probeTimeoutMs / probeTurns);
  timer.unref();
  socket.on('close', () => clearInterval(timer));
}

function sayUnreachable(origin: string, error: Error, queues: readonly ExitQueue[]): void {
  for (const queue of queues) if (new URL(queue.route.url).origin === origin) queue.markUnreachable();
  didNotTake(origin, reasonOf(error));
}
