/** A server in a worker thread, which tells its port to the thread that made it. */
import http from 'node:http';
import { parentPort } from 'node:worker_threads';

import { currentRequest } from 'reqlens';

const server = http.createServer((request, response) => {
  const seen = { header: request.headers['x-request-id'], current: currentRequest()?.requestId };
  setTimeout(() => response.end(JSON.stringify({ ...seen, later: currentRequest()?.requestId })), 1);
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address().port));
