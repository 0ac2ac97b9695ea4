/** Makes us report several things, in the main thread or in a worker, prints a line, and ends with code 3. Never touches stderr. */
import { createServer, get } from 'node:http';
import { Worker, isMainThread } from 'node:worker_threads';

import { getLogger } from 'reqlens';

const [where = 'main'] = process.argv.slice(2);

if (where === 'worker' && isMainThread) {
  new Worker(new URL(import.meta.url)).once('exit', end);
} else {
  getLogger('webhooks').info('line');
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1', () => {
    get({ port: server.address().port, agent: false }, (response) => {
      response.resume().once('end', () => server.close(isMainThread ? end : undefined));
    });
  });
}

function end() {
  process.stdout.write('application line\n');
  process.exitCode = 3;
}
