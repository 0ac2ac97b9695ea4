// Logs one line, or at /many 600 by three loggers in turn; knows of telemetry only that a logger has a name. Started by third-party-receiver.test.ts under the preload.
import { createServer } from 'node:http';

import { getLogger } from 'reqlens';

const loggers = ['publish_sync', 'wordpress_api', 'webhooks'].map((name) => getLogger(name));
const server = createServer((request, response) => {
  if (request.url === '/many') for (let n = 0; n < 600; n += 1) loggers[n % 3].info({ n }, `line ${n}`);
  else loggers[0].info('published');
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
