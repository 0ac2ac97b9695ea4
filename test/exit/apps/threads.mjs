/** Work in worker threads, cluster workers and forked children; each logs one line in a way of its own and ends as asked. */
import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { createServer, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

import { getLogger } from 'reqlens';

const log = getLogger('webhooks');
const [mode, how] = process.argv.slice(2);
const file = fileURLToPath(import.meta.url);

const endings = {
  end: () => undefined,
  exit: () => process.exit(6),
  throw: () => {
    throw new Error('thrown in a thread');
  },
};

const modes = {
  /** Four threads that end, one after the other, then the parent. */
  workers: async () => {
    for (let index = 0; index < 4; index += 1) {
      const worker = new Worker(file, { workerData: { index, how } });
      await new Promise((resolve) => {
        worker.on('error', ({ message }) => console.log(`error ${message}`));
        worker.on('exit', (code) => resolve(console.log(`worker ${index} ended with ${code}`)));
      });
    }
    log.info('parent goes on');
  },
  fork: async () => {
    const child = fork(file, ['child', how]);
    await new Promise((resolve) => child.on('exit', (code) => resolve(console.log(`child ended with ${code}`))));
    log.info('parent goes on');
  },
  child: () => {
    log.info('from a child');
    endings[how]();
  },
  cluster: async () => {
    const workers = [cluster.fork(), cluster.fork()];
    const ports = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('message', resolve))));
    for (const port of ports)
      await new Promise((resolve) => get(`http://127.0.0.1:${port}/`, (r) => r.resume().on('end', resolve)));
    for (const worker of workers) {
      worker.kill('SIGTERM');
      await new Promise((resolve) =>
        worker.on('exit', (code, signal) => resolve(console.log(`cluster worker ended with ${code} ${signal}`))),
      );
    }
    log.info('parent goes on');
  },
};

if (!isMainThread) {
  log.info(`from thread ${workerData.index}`);
  endings[workerData.how]();
} else if (cluster.isWorker) {
  const server = createServer((_, response) => {
    log.info('from a cluster worker');
    response.end();
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
} else await modes[mode]();
