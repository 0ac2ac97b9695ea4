// How each package is set up to write lines of one logger to a file of limited size, as its own documentation says.
'use strict';

/** @typedef {{ readonly log: (n: number, message: string) => void, readonly end: () => Promise<void> | void }} Writer */
/** @typedef {{ readonly directory: string, readonly maxBytes: number, readonly backups: number }} Place */

// By a variable: these packages are installed in bench/ alone, and only when the bench is run.
const load = (name) => require(name);

const ended = (stream) => {
  const { promise, resolve } = Promise.withResolvers();
  stream.once('close', resolve);
  stream.once('finish', resolve);
  stream.end();
  return promise;
};

const byPino = (options, stream, end) => {
  const logger = load('pino')(options, stream);
  return { log: (n, message) => logger.info({ n }, message), end };
};

/** @type {Readonly<Record<string, (place: Place) => Writer | Promise<Writer>>>} */
const writers = {
  async reqlens() {
    const { getLogger } = await import('../../dist/index.js');
    const logger = getLogger('bench');
    return { log: (n, message) => logger.info({ n }, message), end: () => undefined };
  },

  'pino-sync': ({ directory }) => {
    const stream = load('pino').destination({ dest: `${directory}/bench.log`, sync: true });
    return byPino({}, stream, () => stream.flushSync());
  },

  'pino-async': ({ directory }) => {
    const stream = load('pino').destination({ dest: `${directory}/bench.log`, sync: false, minLength: 4096 });
    return byPino({}, stream, () => ended(stream));
  },

  'pino-roll-main': async ({ directory, maxBytes, backups }) => {
    const stream = await load('pino-roll')({
      file: `${directory}/bench`,
      extension: '.log',
      size: `${maxBytes}b`,
      limit: { count: backups },
    });
    return byPino({}, stream, () => ended(stream));
  },

  'pino-roll-worker': ({ directory, maxBytes, backups }) => {
    const options = { file: `${directory}/bench`, extension: '.log', size: `${maxBytes}b`, limit: { count: backups } };
    const transport = load('pino').transport({ target: require.resolve('pino-roll'), options });
    return byPino({}, transport, () => ended(transport));
  },

  'rotating-file-stream': ({ directory, maxBytes, backups }) => {
    const stream = load('rotating-file-stream').createStream('bench.log', {
      path: directory,
      size: `${maxBytes}B`,
      maxFiles: backups,
    });
    return byPino({}, stream, () => ended(stream));
  },

  winston: ({ directory, maxBytes, backups }) => {
    const winston = load('winston');
    const DailyRotateFile = load('winston-daily-rotate-file');
    const transport = new DailyRotateFile({
      filename: `${directory}/bench-%DATE%.log`,
      maxSize: maxBytes,
      maxFiles: backups,
    });
    const { combine, timestamp, json } = winston.format;
    const logger = winston.createLogger({ format: combine(timestamp(), json()), transports: [transport] });
    const end = () => {
      const { promise, resolve } = Promise.withResolvers();
      transport.once('finish', resolve);
      logger.end();
      return promise;
    };
    return { log: (n, message) => logger.info(message, { n }), end };
  },

  log4js: ({ directory, maxBytes, backups }) => {
    const log4js = load('log4js');
    log4js.addLayout(
      'json',
      () =>
        ({ startTime, level, data: [message, fields] }) =>
          JSON.stringify({ level: level.levelStr, time: startTime, pid: process.pid, ...fields, msg: message }),
    );
    log4js.configure({
      appenders: {
        file: {
          type: 'file',
          filename: `${directory}/bench.log`,
          maxLogSize: maxBytes,
          backups,
          layout: { type: 'json' },
        },
      },
      categories: { default: { appenders: ['file'], level: 'info' } },
    });
    const logger = log4js.getLogger('bench');
    const end = () => {
      const { promise, resolve } = Promise.withResolvers();
      log4js.shutdown(() => resolve());
      return promise;
    };
    return { log: (n, message) => logger.info(message, { n }), end };
  },
};

module.exports = { writers };
