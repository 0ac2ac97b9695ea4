/** Publishes a post: three loggers, one request id. `GET /publish/7` answers with the id under which all lines can be found. */
import { createServer } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';

import { currentRequest, getLogger, setCaller } from 'reqlens';

const publishSync = getLogger('publish_sync');
const wordpressApi = getLogger('wordpress_api');
const webhooks = getLogger('webhooks');

const server = createServer((request, response) => {
  const postId = Number(request.url?.split('/').at(-1));
  setCaller({ id: 'editor-3', account: 'north' });
  publish(postId).then(
    () => response.end(`${JSON.stringify({ published: postId, requestId: currentRequest()?.requestId })}\n`),
    (error) => {
      publishSync.error(error, 'publishing failed');
      response.writeHead(500).end();
    },
  );
});

async function publish(postId) {
  publishSync.info({ postId }, 'publishing started');
  await later(5);
  wordpressApi.info({ status: 200, path: '/wp-json/wp/v2/posts/7' }, 'post %d updated', postId);
  wordpressApi.debug('not written: the level is info');
  await later(5);
  webhooks.warn({ attempt: 1, reason: 'connection refused' }, 'delivery failed\nit is tried again');
  publishSync.info({ postId, token: 'tell-nobody' }, 'publishing finished');
}

server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1', () => {
  console.log(`listening ${server.address().port}`);
});
process.once('SIGTERM', () => server.close());
