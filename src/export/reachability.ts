/** Asks once, when there is telemetry, whether anybody listens where it goes, and says so if not. */
import { connect } from 'node:net';

import { boundConnecting } from './connect-time.ts';
import { didNotTake } from './delivery-report.ts';
import type { ExitQueue } from './pipelines.ts';
import { setTimeout } from '../real-timers.ts';
import { reasonOf } from './trouble-reason.ts';

/**
 * A connection that is being made keeps the event loop alive, whatever is said of its socket. A program that is over before this
 * is not given a turn more than without us; its exit finds out by itself. In milliseconds.
 */
const probeDelayMs = 100;

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
    boundConnecting(socket);
    socket.unref();
    socket.on('connect', () => socket.destroy());
    socket.on('error', (error) => sayUnreachable(origin, error, queues));
  }
}

function sayUnreachable(origin: string, error: Error, queues: readonly ExitQueue[]): void {
  for (const queue of queues) if (new URL(queue.route.url).origin === origin) queue.markUnreachable();
  didNotTake(origin, reasonOf(error));
}
