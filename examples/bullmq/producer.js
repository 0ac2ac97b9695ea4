/** An HTTP service: `POST /posts/<number>` queues the publishing of a post and answers before it is done. */
import { createServer } from 'node:http';

import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { getLogger, setCaller, taskCause } from 'reqlens';

const log = getLogger('webhooks');
const connection = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', { maxRetriesPerRequest: null });
const queue = new Queue('posts', { connection });

const server = createServer(async (request, response) => {
  const postId = /^\/posts\/(\d+)$/.exec(request.url)?.[1];
  if (request.method !== 'POST' || postId === undefined) {
    response.writeHead(404).end('POST /posts/<number>\n');
    return;
  }
  setCaller({ id: 'editor-7', account: 'north' });
  // The cause is plain JSON, made here, where the request is running.
  await queue.add('publish', { postId, cause: taskCause() });
  log.info({ postId }, 'queued');
  response.writeHead(202).end('queued\n');
});

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening ${server.address().port}`);
});

process.once('SIGTERM', async () => {
  server.close();
  await queue.close();
  await connection.quit();
});
