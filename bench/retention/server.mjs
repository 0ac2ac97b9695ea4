/** The server of every ending (test/request-endings), which says how much memory is in use when it is asked. */
import { listen } from '../../test/request-endings/apps/endings.mjs';

listen((port) => process.send({ port }));

process.on('message', async () => {
  // What ends in this turn of the event loop, and what only a finalizer lets go.
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  process.send({ heapBytes: process.memoryUsage().heapUsed });
});
process.on('disconnect', () => process.exit());
