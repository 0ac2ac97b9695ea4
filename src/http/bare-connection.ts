/**
 * Requests whose end no event of their response tells: the application has taken the connection (upgrade, CONNECT, `detachSocket`), or
 * the response still waited for its turn. All of this is rare; what is common costs none of it.
 */
import type { Duplex } from 'node:stream';

import { ourPart, reportFault, undoAll } from '../patch.ts';
import type { InFlightRequest } from './in-flight.ts';

const closePlace = "a connection's close listener";
/** One listener a connection, however many requests wait on it. */
const waiting = new WeakMap<Duplex, Set<InFlightRequest>>();

const endAll = ourPart(closePlace, (requests: ReadonlySet<InFlightRequest>): void => {
  // An end takes its request out of the set, which a loop over a set allows.
  for (const each of requests) each.end();
});

/** Ends the request when its connection closes, unless it has ended before. */
export function endWithConnection(socket: Duplex, inFlight: InFlightRequest): void {
  if (inFlight.hasEnded) return;
  if (socket.closed) {
    inFlight.end();
    return;
  }
  const requests = waiting.get(socket) ?? startWaiting(socket);
  requests.add(inFlight);
  inFlight.released = () => requests.delete(inFlight);
}

function startWaiting(socket: Duplex): Set<InFlightRequest> {
  const requests = new Set<InFlightRequest>();
  waiting.set(socket, requests);
  socket.once('close', () => {
    try {
      endAll(requests);
    } catch (error) {
      reportFault(closePlace, error);
    }
  });
  return requests;
}

const writePlace = 'the first write on a bare connection';

const look = ourPart(writePlace, (inFlight: InFlightRequest, chunk: unknown): number | undefined => {
  const status = statusIn(chunk);
  if (status !== undefined && (status >= 200 || status === 101)) inFlight.answeredRaw(status);
  return status;
});

/**
 * Reads the status line that the application writes by hand, from the first thing it writes.
 *
 * @param answered - Called when it was there.
 */
export function watchStatus(socket: Duplex, inFlight: InFlightRequest, answered: () => void): void {
  const restore = (['write', 'end'] as const).map((name) => {
    const original = socket[name];
    const watched = function watched(this: unknown, ...args: unknown[]): unknown {
      try {
        if (!inFlight.hasEnded) onWrite(args[0]);
      } catch (error) {
        reportFault(writePlace, error);
      }
      return Reflect.apply(original, this, args);
    };
    if (Object.hasOwn(socket, name)) return () => {};
    Object.defineProperty(socket, name, { value: watched, writable: true, configurable: true, enumerable: false });
    return () => {
      // What the application has put there since passes through ours, which then does nothing.
      if (socket[name] === watched) Reflect.deleteProperty(socket, name);
    };
  });
  let isWatching = true;
  const onWrite = (chunk: unknown): void => {
    if (!isWatching) return;
    const status = look(inFlight, chunk);
    // An interim answer (100, 102, 103): the real one follows.
    if (status !== undefined && status < 200 && status !== 101) return;
    isWatching = false;
    undoAll(restore)();
    if (status !== undefined) answered();
  };
}

/** `HTTP/1.1 101 Switching Protocols` */
function statusIn(chunk: unknown): number | undefined {
  const start = chunk instanceof Uint8Array ? Buffer.from(chunk.subarray(0, 16)).toString('latin1') : chunk;
  if (typeof start !== 'string') return undefined;
  const digits = /^HTTP\/1\.[01] (?<status>\d{3})/.exec(start.slice(0, 16))?.groups?.['status'];
  return digits === undefined ? undefined : Number(digits);
}
