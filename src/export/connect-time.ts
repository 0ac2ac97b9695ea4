/** Gives up connections that nobody takes up. */
import type { Socket } from 'node:net';

import { clearInterval, setInterval } from '../real-timers.ts';

/**
 * While a connection is being made the event loop stays alive, whatever is said of its socket: an application that is over ends no sooner. The
 * system tries for two minutes; after this time its first packet has been sent twice. In milliseconds.
 */
const longestConnectMs = 2000;
const turns = 8;

/**
 * To be called before the connection is there; one that is there already is left alone. The time is counted in turns of the event loop that are
 * a part of it apart: one that is held up sees its timers before its sockets, and a name that is looked up and connected to takes several turns.
 * The connection may have been there all the time.
 */
export function boundConnecting(socket: Socket): void {
  if (!socket.connecting) return;
  let turnsLeft = turns;
  const timer = setInterval(() => {
    turnsLeft -= 1;
    if (turnsLeft > 0) return;
    const message = `no connection within ${longestConnectMs} ms`;
    socket.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
  }, longestConnectMs / turns).unref();
  const callOff = (): void => clearInterval(timer);
  socket.once('connect', callOff);
  socket.once('close', callOff);
}
