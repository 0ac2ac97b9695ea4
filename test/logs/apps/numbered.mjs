/** Logs numbered lines, some per turn of the event loop, in the main thread and in a worker. Arguments: name of the writer, count. */
import { setImmediate as turn } from 'node:timers/promises';
import { isMainThread, Worker } from 'node:worker_threads';

import { getLogger } from 'reqlens';

const [writer, count] = process.argv.slice(2);
const log = getLogger('publish_sync');
const worker = isMainThread ? new Worker(new URL(import.meta.url), { argv: [`${writer}-worker`, count] }) : undefined;
worker?.on('error', (error) => console.error(error));
for (let n = 0; n < Number(count); n += 1) {
  log.info({ writer, n }, 'numbered');
  if (n % 7 === 0) await turn();
}
