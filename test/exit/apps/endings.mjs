/** A server that ends in the way its path says; or a program that ends at once in the way its first argument says. */
import { once } from 'node:events';
import { createServer, get } from 'node:http';

import { trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';

const log = getLogger('webhooks');
const tracer = trace.getTracer('endings');

const ways = {
  '/ok': (response) => {
    log.info('ok');
    tracer.startActiveSpan('child', (span) => span.end());
    response.end('ok\n');
  },
  /** Never answered: its span is open when the process ends. */
  '/open': (response) => {
    log.info('open');
    tracer.startActiveSpan('child of open', (span) => span.end());
    response.write('first half\n');
  },
  '/end': (response) => {
    log.info('end');
    response.end();
    response.on('close', closeServer);
  },
  '/exit': () => {
    log.info('exit');
    process.exit(3);
  },
  /** Open requests whose objects the application has changed in ways that Node itself does not mind. */
  '/exit-tampered': async () => {
    const { port } = server.address();
    for (const path of ['/without-socket', '/with-getters']) {
      get({ port, path }).on('error', () => {});
      await once(server, 'request');
    }
    process.exit(3);
  },
  '/without-socket': ({ req }) => {
    req.socket = null;
  },
  '/with-getters': (response) => {
    // Closed, and its end unheard.
    response.socket.removeAllListeners().destroy();
    for (const name of ['writableFinished', 'headersSent'])
      Object.defineProperty(response, name, {
        get: () => {
          throw new Error(`no ${name} any more`);
        },
      });
  },
  '/exit-code': (response) => {
    process.exitCode = 4;
    ways['/end'](response);
  },
  '/throw': () => {
    log.info('throw');
    throw new Error('thrown by a handler');
  },
  '/listener': (response) => {
    log.info('listener');
    response.req.resume().on('end', () => {
      throw new Error('thrown in a listener');
    });
  },
  '/timer': () => {
    log.info('timer');
    setTimeout(() => {
      throw new RangeError('thrown in a timer');
    }, 1);
  },
  '/await': async () => {
    log.info('await');
    await new Promise((resolve) => setTimeout(resolve, 1));
    throw new TypeError('thrown after an await');
  },
  '/reject': () => {
    log.info('reject');
    void Promise.reject('just a string');
  },
  /** The application goes on. */
  '/caught': (response) => {
    process.once('uncaughtException', () => {
      log.info('caught');
      response.end();
      response.on('close', closeServer);
    });
    setTimeout(() => {
      throw new Error('caught by the application');
    }, 1);
  },
  '/exit-listeners': () => {
    process.on('exit', () => {
      log.info('in an exit listener');
      tracer.startSpan('of an exit listener').end();
    });
    process.exit(0);
  },
  '/exit-listener-throws': () => {
    process.on('exit', () => {
      log.info('in an exit listener');
      throw new Error('thrown by an exit listener');
    });
    process.exit(0);
  },
  '/exit-code-in-listener': () => {
    process.on('exit', (code) => {
      log.info(`exit listener got ${code}`);
      process.exitCode = 9;
    });
    process.exit(0);
  },
  '/abort': () => process.abort(),
  '/kill': () => process.kill(process.pid, 'SIGKILL'),
};

function closeServer() {
  server.close();
  server.closeAllConnections();
}

function onSignal(signal) {
  log.info(`application got ${signal}`);
  process.exit(7);
}

/** Registers a listener for the signals in the way the second argument says. */
const listeners = {
  on: (signal) => process.on(signal, onSignal),
  once: (signal) => process.once(signal, onSignal),
  'prepend-once': (signal) => process.prependOnceListener(signal, onSignal),
  'on-and-off': (signal) => {
    process.on(signal, onSignal);
    process.off(signal, onSignal);
  },
  'remove-all': (signal) => {
    process.on(signal, onSignal);
    process.removeAllListeners(signal);
  },
  /** As the package signal-exit does: it ends the process itself only if nobody else listens. */
  'if-alone': (signal) => {
    const only = () => {
      if (process.listeners(signal).length !== 1) return;
      log.info(`alone with ${signal}`);
      process.off(signal, only);
      process.kill(process.pid, signal);
    };
    process.on(signal, only);
  },
};

const [mode, how] = process.argv.slice(2);
const programs = {
  nothing: () => undefined,
  log: () => log.info('from a program'),
  throw: () => {
    throw new Error('thrown at the top level');
  },
  reject: () => {
    void Promise.reject(new Error('rejected at the top level'));
  },
  exit: () => process.exit(5),
  /** Twenty spans, then time for the first attempts to send them, then the end. */
  spans: () => {
    for (let index = 0; index < 20; index += 1) tracer.startSpan(`span ${index}`).end();
    setTimeout(() => undefined, Number(how));
  },
};

const server = createServer((request, response) => ways[request.url](response));
if (mode === 'listen') for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) listeners[how](signal);
if (mode in programs) programs[mode]();
else {
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
}
