/** A server whose requests start tasks of every kind; each path is one, and answers with what can only be seen within the process. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

import { context, createContextKey, trace } from '@opentelemetry/api';
import { currentRequest, getLogger, runTask, setCaller, taskCause } from 'reqlens';

const log = getLogger('publish_sync');
const file = fileURLToPath(import.meta.url);
const key = createContextKey('of the application');
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const scenarios = {
  '/in-request': async () => {
    setCaller({ id: 7, roles: ['admin', 'developer'], account: 'north' });
    const cause = taskCause();
    const result = await context.with(context.active().setValue(key, 'kept'), () =>
      runTask('publish', async () => {
        log.info('first line of publish');
        await delay(1);
        trace.getTracer('app').startSpan('upload').end();
        log.info('last line of publish');
        return { kept: context.active().getValue(key), current: currentRequest() };
      }),
    );
    log.info('after publish');
    return { cause, result, sync: runTask('count', () => 42) };
  },
  /** The task begins and ends when its request has long been answered. */
  '/timer': async (response) => {
    response.once('close', () => setTimeout(() => runTask('from a timer', () => log.info('line of a timer')), 5));
  },
  '/thread': async () => {
    setCaller({ account: 'north' });
    const worker = new Worker(file, { workerData: { cause: taskCause() } });
    await new Promise((resolve) => worker.on('exit', resolve));
  },
  '/cluster': async () => {
    cluster.setupPrimary({ exec: file, args: ['cluster worker'] });
    const worker = cluster.fork();
    const cause = taskCause();
    // When it listens: a message that comes before is lost.
    worker.once('message', () => worker.send({ cause }));
    await new Promise((resolve) => worker.on('exit', resolve));
  },
  '/error': async () => {
    const thrown = new TypeError('thrown by a task');
    const rejected = new RangeError('rejected by a task');
    const throwing = {
      toString() {
        throw thrown;
      },
    };
    return {
      sync: thrown === attempt(() => runTask('throws', () => raise(thrown))),
      async: rejected === (await runTask('rejects', async () => raise(rejected)).catch((error) => error)),
      undefined: attempt(() => runTask('throws nothing', () => raise(undefined))) === undefined,
      unspeakable: throwing === attempt(() => runTask('throws what has no text', () => raise(throwing))),
      withoutWork: attempt(() => runTask('idle', {})).code,
      withoutAnything: attempt(() => runTask()).message,
    };
  },
  '/thenable': async () => {
    let asked = 0;
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- as query builders are
      then(resolve) {
        asked += 1;
        log.info('line of a query');
        resolve('rows');
      },
    };
    return { rows: await runTask('lazy query', () => query), asked };
  },
  '/nested': async () =>
    runTask('outer', async () => {
      log.info('line of outer');
      await runTask('inner', async () => {
        await delay(1);
        setCaller({ id: 'inner' });
        log.info('line of inner');
      });
      return { outer: currentRequest().caller ?? 'nobody' };
    }),
  '/generator': async () =>
    runTask('export', async () => {
      for await (const page of pages()) log.info(`line of page ${page}`);
      await Promise.all([1, 2].map(async (part) => (await setImmediate(), log.info(`line of part ${part}`))));
    }),
  '/fifty': async () => {
    await Promise.all(
      Array.from({ length: 50 }, async (_, job) =>
        runTask('job', { requestId: `job-${job}`, caller: { account: `account-${job}` } }, async () => {
          for (let step = 0; step < 3; step += 1) {
            log.info({ job, account: currentRequest().caller.account }, 'line of fifty');
            await [setImmediate, () => delay(1), () => Promise.resolve()][(job + step) % 3]();
          }
        }),
      ),
    );
  },
  /** Given causes go before the running request. */
  '/given': async () => {
    setCaller({ id: 'who asked here' });
    runTask('by traceparent', { traceparent }, () => log.info('line by traceparent'));
    runTask('by id', { requestId: 'order-77' }, () => log.info('line by id'));
    runTask('by both', { requestId: 'order-77', traceparent, caller: { id: 'who asked there' } }, () =>
      log.info('line by both'),
    );
  },
  '/bad': async () => {
    setCaller({ id: 'who asked here' });
    for (let again = 0; again < 2; again += 1) {
      runTask('bad', { requestId: 'two words', traceparent: '00-nonsense', caller: { id: 'a\nb' } }, () =>
        log.info('line of bad'),
      );
      runTask('', null, () => log.info('line without a name'));
      runTask('no options', 'order-77', () => log.info('line without options'));
    }
    return runTask(
      'options that throw',
      {
        get requestId() {
          return raise(new Error('secret'));
        },
      },
      () => 'ran',
    );
  },
};

async function* pages() {
  for (const page of [1, 2, 3]) {
    await delay(1);
    log.info(`line of reading ${page}`);
    yield page;
  }
}

function raise(error) {
  throw error;
}

function attempt(action) {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

if (!isMainThread) {
  await runTask('in a thread', workerData.cause, async () => {
    await delay(1);
    log.info({ account: currentRequest().caller.account }, 'line of a thread');
  });
} else if (cluster.isWorker) {
  process.once('message', ({ cause }) => {
    runTask('in a cluster worker', cause, () => log.info('line of a cluster worker'));
    process.disconnect();
  });
  process.send('listening');
} else {
  runTask('at the start', () => log.info({ cause: taskCause() }, 'line of the start'));
  log.info({ cause: taskCause() }, 'outside');
  const server = createServer(async (request, response) => {
    if (request.url === '/bye') {
      void runTask('never ends', () => new Promise(() => undefined));
      response.once('close', () => process.exit());
    }
    const seen = await scenarios[request.url]?.(response);
    response.end(JSON.stringify({ ...seen, request: currentRequest() }));
  });
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
}
