/** An application's own loggers of pino, which knows nothing of us; the argument says which. A fixed clock makes lines comparable. */
import { createServer, get } from 'node:http';
import { createRequire } from 'node:module';

import { pino } from 'pino';

const required = createRequire(import.meta.url)('pino');
const options = { timestamp: () => ',"time":1', base: { pid: 1 } };
const sync = () => pino.destination({ dest: 1, sync: true });

const loggers = {
  esm: () => pino(options, sync()),
  cjs: () => required(options, required.destination({ dest: 1, sync: true })),
  child: () => pino(options, sync()).child({ shop: 'north' }).child({ shelf: 7 }),
  nested: () => pino({ ...options, nestedKey: 'payload' }, sync()),
  formatter: () =>
    pino(
      { ...options, formatters: { bindings: () => ({ own: 'bindings' }), log: (fields) => ({ ...fields, own: 1 }) } },
      sync(),
    ),
  'no-base': () => pino({ ...options, base: null }, sync()),
  redact: () => pino({ ...options, redact: ['secret'], mixin: () => ({ mixed: 1 }), messageKey: 'message' }, sync()),
  multistream: () => pino(options, pino.multistream([{ stream: sync() }])),
  transport: () => pino({ ...options, transport: { target: 'pino/file', options: { destination: 1 } } }),
  throws: () =>
    pino(
      {
        ...options,
        serializers: {
          bad: () => {
            throw new Error('thrown by a serializer');
          },
        },
      },
      sync(),
    ),
};

const [kind, where] = process.argv.slice(2);
const logger = loggers[kind]();

function log() {
  logger.info({ secret: 's', count: 1 }, 'a line');
  logger.error(Object.assign(new Error('boom'), { stack: 'Error: boom' }));
  logger.debug('not written');
  try {
    logger.info({ bad: true }, 'perhaps');
  } catch (error) {
    console.log(`caught ${error.message}`);
  }
  logger.warn('the last line');
}

if (where === 'request') {
  const server = createServer((_, response) => {
    log();
    response.on('close', () => server.close());
    response.end();
  });
  server.listen(0, '127.0.0.1', () => get({ port: server.address().port, agent: false }, (answer) => answer.resume()));
} else log();
