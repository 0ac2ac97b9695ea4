/** Logs 300 numbered lines and ends as its argument says, in the same turn of the event loop. */
import { spawnSync } from 'node:child_process';
import { Worker, isMainThread } from 'node:worker_threads';

import { getLogger } from 'reqlens';

const [way] = process.argv.slice(2);

function logAll(from = 'main') {
  for (let n = 0; n < 300; n += 1) getLogger('publish_sync').info({ n, from }, 'ending');
}

const endings = {
  natural: logAll,
  exit: () => {
    logAll();
    process.exit(3);
  },
  'exit listener': () => {
    process.on('exit', () => logAll());
    process.exit(3);
  },
  'reallyExit handler': () => {
    // An application's own handler of SIGTERM that leaves at once.
    process.on('SIGTERM', () => {
      logAll();
      process.exit(4);
    });
    process.kill(process.pid, 'SIGTERM');
    setInterval(() => undefined, 1000);
  },
  uncaughtException: () => {
    logAll();
    throw new Error('uncaught');
  },
  unhandledRejection: () => {
    logAll();
    void Promise.reject(new Error('unhandled'));
  },
  'promise that never settles': async () => {
    logAll();
    await new Promise(() => undefined);
  },
  SIGTERM: () => bySignal('SIGTERM'),
  SIGINT: () => bySignal('SIGINT'),
  SIGHUP: () => bySignal('SIGHUP'),
  'SIGKILL to itself': () => bySignal('SIGKILL'),
  'SIGKILL from elsewhere': () => {
    logAll();
    spawnSync('kill', ['-KILL', String(process.pid)]);
  },
  'SIGKILL next turn': () => {
    logAll();
    setImmediate(() => setImmediate(() => spawnSync('kill', ['-KILL', String(process.pid)])));
  },
  'worker exits': () => worker('exits'),
  'worker is terminated': async () => {
    const thread = worker('stays');
    await new Promise((resolve) => thread.once('message', resolve));
    await thread.terminate();
  },
  'main exits while the worker runs': async () => {
    const thread = worker('stays');
    await new Promise((resolve) => thread.once('message', resolve));
    process.exit(3);
  },
};

function bySignal(signal) {
  setInterval(() => undefined, 1000);
  logAll();
  process.kill(process.pid, signal);
}

function worker(argument) {
  return new Worker(new URL(import.meta.url), { argv: [argument], stdout: false });
}

if (isMainThread) await endings[way]();
else {
  const { parentPort } = await import('node:worker_threads');
  logAll('worker');
  if (way === 'exits') process.exit(0);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is a window's
  parentPort.postMessage('logged');
  setInterval(() => undefined, 1000);
}
