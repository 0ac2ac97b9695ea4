// One endpoint that logs one line; knows of telemetry only that a logger has a name. Started by third-party-receiver.test.ts under the preload.
import { createServer } from 'node:http';

import { getLogger } from 'reqlens';

const logger = getLogger('publish_sync');
const server = createServer((request, response) => {
  logger.info('published');
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
