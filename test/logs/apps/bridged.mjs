/** Logs by pino and by console in every way, within a request, and by a named logger beside them. */
import { createServer, get } from 'node:http';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { Console } from 'node:console';

import { context, diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { pino } from 'pino';
import { getLogger, setCaller } from 'reqlens';

const required = createRequire(import.meta.url)('pino');
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const time = (text) => ({ timestamp: () => text });
const error = Object.assign(new TypeError('boom'), { stack: 'TypeError: boom\n    at here', code: 'E1' });
const throws = () => {
  throw new Error('do not look');
};
const many = (count) => Array.from({ length: count }, (_, index) => index);

const ways = {
  levels: () => {
    const log = pino({ name: 'shop', level: 'trace', customLevels: { audit: 35 } }, nowhere());
    for (const level of ['trace', 'debug', 'info', 'audit', 'warn', 'error', 'fatal'])
      log[level]({ count: 1 }, `at ${level}`);
    log.level = 'silent';
    log.fatal('never');
  },
  fields: () => {
    const log = pino(nowhere());
    log.info(
      {
        list: [1, 'two'],
        deep: { er: true },
        level: 'fatal',
        time: 'yesterday',
        'reqlens.request.id': 'spoofed',
        ...JSON.parse('{"__proto__":{"user.id":"spoofed"}}'),
      },
      'fields',
    );
    log.error(error);
    log.error({ err: error, postId: 7 }, 'with an error');
    log.info({ err: 'only text' }, 'no error');
    log.info({ request_id: 'of another system', trace_flags: '07' }, 'its own ids');
    log.info(Symbol('a symbol'));
  },
  keys: () => {
    pino({ messageKey: 'message', errorKey: 'problem', name: 'keys' }, nowhere()).error(
      { problem: error },
      'other keys',
    );
    pino({ redact: ['secret'], serializers: { user: () => 'somebody' } }, nowhere()).info(
      { secret: 's3cret', user: { password: 's3cret' } },
      'kept out',
    );
    required({ name: 'cjs' }, nowhere()).info('another copy');
    const parent = pino({ name: 'parent' }, nowhere());
    parent.child({ shelf: 7 }).info('of a child');
    const renamed = parent.child({ name: 'renamed' });
    renamed.info('renamed');
    renamed.setBindings({ name: 'again' });
    renamed.info('renamed again');
    parent.info({ name: 'not a logger' }, 'a field called name');
    for (const index of many(300)) parent.child({ name: `made up ${index}` }).info('made up');
  },
  times: () => {
    for (const text of [
      ',"time":1763932800123',
      ',"time":1763932800',
      ',"time":"2025-11-23T21:20:00.123Z"',
      ',"time":1763932800123456789',
      ',"time":1',
      '',
    ])
      pino(time(text), nowhere()).info('a time');
  },
  long: () => pino(nowhere()).info({ value: 'x'.repeat(100_000) }, 'long'),
  throwing: () => {
    const log = pino(
      {
        serializers: {
          bad: () => {
            throw new Error('thrown by a serializer');
          },
        },
      },
      nowhere(),
    );
    try {
      log.info({ bad: true }, 'never');
    } catch {
      log.info('after a serializer that throws');
    }
  },
  console: () => {
    console.debug('debug %d', 1);
    console.log('log', { deep: { er: true } }, [1, 2]);
    console.info('%s and %j', 'info', { json: true });
    console.warn();
    console.error('failed:', error);
    console.trace('where');
    console.assert(false, 'asserted');
    console.dir({ not: 'bridged' });
    new Console({ stdout: nowhere() }).log('another console');
  },
  hostile: () => {
    const custom = Symbol.for('nodejs.util.inspect.custom');
    for (const value of [
      { [custom]: throws },
      {
        get message() {
          return throws();
        },
      },
      new Proxy({}, { ownKeys: throws }),
    ]) {
      try {
        console.log('hostile', value);
      } catch (thrown) {
        process.stdout.write(`console threw ${thrown.message}\n`);
      }
    }
    console.log('shows itself', { [custom]: () => (console.log('while being shown'), 'shown') });
    console.error(Object.defineProperty(new Error('plain'), 'stack', { get: throws }).message);
    console.log('x'.repeat(100_000));
    console.log('%s', `${'y'.repeat(65_535)}\u{1F600}`);
    console.log(10n, Symbol('s'), null, undefined, -0);
  },
  /** Diagnostics that an application prints by console must not be reported as logs of their own reporting. */
  diagnostics: () => {
    diag.setLogger(new DiagConsoleLogger(), { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
    console.log('one');
    context.with(suppressTracing(context.active()), () => console.log('what an exporter prints while it sends'));
    pino(nowhere()).info('two');
  },
  named: () => {
    getLogger('publish_sync').info('by a named logger');
    getLogger('publish_sync').child({ shelf: 7 }).info('by its child');
  },
};

const [, , ...wanted] = process.argv;
const server = createServer((_, response) => {
  setCaller({ id: 'u1', account: 'north' });
  for (const way of wanted) ways[way]();
  response.on('close', () => server.close());
  response.end();
});
server.listen(0, '127.0.0.1', () => get({ port: server.address().port, agent: false }, (answer) => answer.resume()));
