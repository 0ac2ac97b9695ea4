/** The worker: each job runs as a task in the identity of the request that queued it. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { getLogger, runTask } from 'reqlens';

const log = getLogger('publish_sync');
/** The application's own logger, which knows nothing of reqlens, gets the ids too. */
const own = pino({ name: 'wordpress-client' }, pino.destination({ dest: 1, sync: true }));

const connection = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', { maxRetriesPerRequest: null });
const worker = new Worker('posts', (job) => runTask(job.name, job.data.cause, () => publish(job)), { connection });

async function publish(job) {
  log.info({ postId: job.data.postId }, 'publishing');
  await new Promise((resolve) => setTimeout(resolve, 10));
  own.info({ postId: job.data.postId }, 'sent to WordPress');
  // Post 13 fails, to show how that looks.
  if (job.data.postId === '13') throw new Error('WordPress answered 503');
  log.info({ postId: job.data.postId }, 'published');
}

await worker.waitUntilReady();
console.log('waiting for jobs');

process.once('SIGTERM', async () => {
  await worker.close();
  await connection.quit();
});
