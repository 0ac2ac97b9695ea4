/** Logs at debug and info by a logger and its child, whenever asked; changes a level when asked. */
import { createServer } from 'node:http';

import { getLogger, setLogLevel } from 'reqlens';

const child = getLogger('publish_sync').child({ part: 'child' });
const pinned = getLogger('publish_sync').child({ part: 'pinned' }, { level: 'warn' });

const server = createServer((request, response) => {
  const [, action, level] = request.url.split('/');
  if (action === 'log') {
    for (const logger of [getLogger('publish_sync'), child, pinned, getLogger('webhooks')]) {
      logger.debug(`debug ${level}`);
      logger.info(`info ${level}`);
    }
  }
  if (action === 'set') {
    try {
      setLogLevel('publish_sync', level);
    } catch (error) {
      response.end(`${error.code}: ${error.message}`);
      return;
    }
  }
  if (action === 'bye') server.close();
  response.end('done');
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
