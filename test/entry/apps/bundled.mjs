/** Is bundled before it runs. Says whether a request has an id, in the request. */
import { createServer, get } from 'node:http';

import { currentRequest, getLogger } from 'reqlens';

const server = createServer((request, response) => {
  getLogger('publish_sync').info('line');
  process.stdout.write(`${typeof currentRequest()?.requestId}\n`);
  response.end();
});
server.listen(0, () => {
  get({ port: server.address().port, agent: false }, (response) => {
    response.resume();
    server.close();
  });
});
