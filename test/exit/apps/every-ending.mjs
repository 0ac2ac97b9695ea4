/**
 * Ends in the way its first argument names, in the main thread or, with the second argument `worker`, in a worker. What `leave` leaves
 * behind must arrive. Without the preload (`BARE`) it leaves nothing, and ends and prints the same.
 */
import { execFileSync, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { writeSync } from 'node:fs';
import { Worker, isMainThread } from 'node:worker_threads';

import { trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';

const [way, where = 'main'] = process.argv.slice(2);

function leave(name) {
  if (process.env.BARE !== undefined) return;
  getLogger('publish_sync').info(name);
  trace.getTracer('endings').startSpan(name).end();
}

/** Neither loses anything at an end nor waits. */
const print = (text) => writeSync(1, `${text}\n`);

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 1));

const ways = {
  natural: () => leave('last'),
  'beforeExit that logs': () => {
    process.on('beforeExit', () => {
      print('beforeExit');
      leave('last');
    });
  },
  'beforeExit that logs after an await': () => {
    process.on('beforeExit', async () => {
      print('beforeExit');
      await undefined;
      leave('last');
    });
  },
  'beforeExit that goes on once': () => {
    process.once('beforeExit', async () => {
      leave('first');
      await nextTurn();
      leave('last');
    });
    process.on('beforeExit', () => print('beforeExit'));
  },
  'exit in beforeExit': () => {
    process.on('beforeExit', () => {
      leave('last');
      process.exit(5);
    });
  },
  'exit in exit': () => {
    process.on('exit', (code) => {
      print(`exit ${code}`);
      leave('last');
      process.exit(6);
    });
    process.on('exit', () => print('the listener after it'));
    process.exit(2);
  },
  'exit in exit at the natural end': () => {
    process.on('exit', () => {
      leave('last');
      process.exit(6);
    });
    process.on('exit', () => print('the listener after it'));
  },
  'throw in exit': () => {
    process.on('exit', () => {
      leave('last');
      throw new Error('thrown in exit');
    });
    process.on('exit', () => print('the listener after it'));
    process.exit(2);
  },
  'throw in exit at the natural end': () => {
    process.on('exit', () => {
      leave('last');
      throw new Error('thrown in exit');
    });
  },
  'exitCode in exit': () => {
    process.on('exit', () => {
      leave('last');
      process.exitCode = 9;
    });
  },
  'exit listener added by an exit listener': () => {
    process.on('exit', () => process.on('exit', () => print('never called')));
    process.on('exit', () => leave('last'));
    process.exit(2);
  },
  reallyExit: () => {
    leave('last');
    process.reallyExit(7);
  },
  'reallyExit in exit': () => {
    process.on('exit', () => {
      leave('last');
      process.reallyExit(7);
    });
  },
  abort: () => {
    leave('last');
    process.abort();
  },
  execve: () => {
    leave('last');
    process.execve(process.execPath, ['node', '-e', 'process.exitCode = 8'], { PATH: process.env.PATH });
  },
  'handler of a signal that exits': () => {
    process.on('SIGTERM', () => {
      leave('last');
      process.exit(4);
    });
    process.kill(process.pid, 'SIGTERM');
    print('after kill');
    setInterval(() => undefined, 1000);
  },
  'handler of a signal that kills': () => {
    process.once('SIGTERM', () => {
      leave('last');
      process.kill(process.pid, 'SIGTERM');
      print('after the second kill');
    });
    process.kill(process.pid, 'SIGTERM');
    setInterval(() => undefined, 1000);
  },
  throw: () => {
    leave('last');
    throw new Error('thrown');
  },
  'throw of an object without a prototype': () => {
    leave('last');
    throw Object.create(null);
  },
  'throw of something else': () => {
    leave('last');
    // oxlint-disable-next-line typescript/only-throw-error -- what Node allows
    throw undefined;
  },
  reject: () => {
    leave('last');
    void Promise.reject(new Error('rejected'));
  },
  'reject, listened to': () => {
    process.on('unhandledRejection', () => leave('last'));
    void Promise.reject(new Error('rejected'));
  },
  'reject, with a listener that throws': () => {
    process.on('unhandledRejection', () => {
      leave('last');
      throw new Error('thrown in unhandledRejection');
    });
    void Promise.reject(new Error('rejected'));
  },
  'reject, with a listener that exits': () => {
    process.on('unhandledRejection', () => {
      leave('last');
      process.exit(3);
    });
    void Promise.reject(new Error('rejected'));
  },
  'throw, with a handler': () => {
    process.on('uncaughtException', () => leave('last'));
    throw new Error('thrown');
  },
  'throw, with a handler that throws': () => {
    process.on('uncaughtException', () => {
      leave('last');
      throw new Error('thrown in uncaughtException');
    });
    throw new Error('thrown');
  },
  'throw, with a handler that exits': () => {
    process.on('uncaughtException', () => {
      leave('last');
      process.exit(3);
    });
    throw new Error('thrown');
  },
  'throw, with a capture callback': () => {
    process.setUncaughtExceptionCaptureCallback(() => leave('last'));
    throw new Error('thrown');
  },
  'throw, with a capture callback that throws': () => {
    process.setUncaughtExceptionCaptureCallback((error) => {
      print(`callback: ${error.message}`);
      leave('last');
      throw new Error('thrown in the callback');
    });
    throw new Error('thrown');
  },
  'throw, with a monitor': () => {
    process.on('uncaughtExceptionMonitor', (_error, origin) => {
      print(origin);
      leave('last');
    });
    throw new Error('thrown');
  },
  'throw in a domain': async () => {
    // Loaded here: beside it there can be no capture callback.
    const own = (await import('node:domain')).create();
    own.on('error', () => leave('last'));
    own.run(() => {
      throw new Error('thrown');
    });
  },
  'throw in a domain whose handler throws': async () => {
    const own = (await import('node:domain')).create();
    own.on('error', () => {
      leave('last');
      throw new Error('thrown in the domain');
    });
    own.run(() =>
      setTimeout(() => {
        throw new Error('thrown');
      }, 1),
    );
  },
  warning: () => {
    process.on('warning', () => leave('last'));
    process.emitWarning('something');
  },
  'a promise that never settles': async () => {
    leave('last');
    await new Promise(() => undefined);
  },
  'a timer that does not hold': () => {
    setTimeout(() => print('never called'), 1).unref();
    leave('last');
    const endMs = performance.now() + 5;
    while (performance.now() < endMs);
  },
  'emit replaced before the end': () => {
    // As signal-exit does: its own listeners come after everybody's.
    // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
    const { emit } = process;
    process.emit = function replaced(event, ...args) {
      const result = emit.call(this, event, ...args);
      if (event === 'exit') leave('last');
      return result;
    };
  },
  'reallyExit replaced before the end': () => {
    const { reallyExit } = process;
    process.reallyExit = (code) => {
      leave('last');
      reallyExit.call(process, code + 1);
    };
    process.exit(3);
  },
  'a cluster worker that disconnects': () => inCluster((worker) => worker.disconnect()),
  'a cluster worker that is killed': () => inCluster((worker) => worker.kill()),
  'a cluster worker whose primary goes': () => inCluster(() => process.exit(0)),
  'a forked child that disconnects': () =>
    inFork(
      () => undefined,
      () => process.disconnect(),
    ),
  'a forked child whose parent disconnects': () => inFork((child) => child.disconnect()),
  'a forked child whose parent goes': () => inFork((child) => process.exit(child.connected ? 0 : 1)),
  'two signals from elsewhere': () => {
    leave('last');
    setInterval(() => undefined, 1000);
    sendFromElsewhere('SIGINT');
    sendFromElsewhere('SIGINT');
  },
  'two signals from elsewhere, the first of which is listened to': () => {
    process.once('SIGINT', () => {
      print('the first');
      leave('last');
      sendFromElsewhere('SIGINT');
    });
    setInterval(() => undefined, 1000);
    sendFromElsewhere('SIGINT');
  },
  ...bySignalExit('signal-exit'),
  ...bySignalExit('signal-exit-3'),
  'source-map-support, throw': async () => {
    (await import('source-map-support')).default.install();
    ways.throw();
  },
  'source-map-support, reject': async () => {
    (await import('source-map-support')).default.install();
    ways.reject();
  },
};

/** Programs that clean up with that package. Version 4 has a named export, version 3 is a function. */
function bySignalExit(name) {
  const ends = {
    natural: () => undefined,
    exit: () => process.exit(3),
    throw: () => {
      throw new Error('thrown');
    },
    signal: () => {
      setInterval(() => undefined, 1000);
      sendFromElsewhere('SIGTERM');
    },
    'signal with a listener': () => {
      process.on('SIGTERM', () => {
        print('listener');
        process.exit(4);
      });
      ends.signal();
    },
  };
  const watch = async () => {
    const loaded = await import(name);
    (loaded.onExit ?? loaded.default)((code, signal) => {
      print(`onExit ${code} ${signal}`);
      leave('last');
    });
  };
  const endAfterWatch = (end) => async () => {
    await watch();
    end();
  };
  return Object.fromEntries(Object.entries(ends).map(([end, act]) => [`${name}, ${end}`, endAfterWatch(act)]));
}

function sendFromElsewhere(signal) {
  execFileSync('kill', ['-s', signal.slice('SIG'.length), String(process.pid)]);
}

/** @param whenReady - In the parent, told that the child has a listener. The channel keeps the child running until it is closed. */
function inFork(whenReady, inChild = () => undefined) {
  if (process.send === undefined) {
    const child = fork(new URL(import.meta.url), [way]);
    child.on('message', () => whenReady(child));
    child.on('exit', (code, signal) => print(`child ended ${code} ${signal}`));
    return;
  }
  process.on('disconnect', () => leave('last'));
  process.on('message', () => undefined);
  process.send('ready', inChild);
}

function inCluster(act) {
  if (cluster.isPrimary) {
    const worker = cluster.fork();
    worker.on('message', () => act(worker));
    worker.on('exit', (code, signal) => print(`worker ended ${code} ${signal}`));
    return;
  }
  leave('last');
  process.send('ready');
}

/** `signal SIGTERM` and so on. */
function raise(signal) {
  leave('last');
  process.kill(process.pid, signal);
  print('after kill');
}

if (where === 'worker' && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: [way] });
  worker.on('error', (error) => print(`error ${error?.message}`));
  worker.on('exit', (code) => print(`worker exit ${code}`));
} else if (way.startsWith('signal ')) raise(way.slice('signal '.length));
else await ways[way]();
