/** Writes lines of every kind with named loggers; once outside, once within a request, as its argument says. */
import { createServer, get } from 'node:http';

import { getLogger } from 'reqlens';

const log = getLogger('publish_sync');

const ways = {
  levels: () => {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) log[level]({ count: 1 }, `at ${level}`);
  },
  child: () => log.child({ shop: 'north' }).child({ shelf: 7 }).warn({ count: 2 }, 'from a child'),
  error: () => log.error(new TypeError('boom', { cause: new Error('why') }), 'failed'),
  nested: () =>
    log.info({ list: [1, 'two', null], deep: { er: true }, none: null, big: 1.5 }, 'values of %s', 'many kinds'),
  /** Keys that a line has already: whoever reads the line must not be misled, and the batch must still arrive. */
  spoofed: () => {
    log.info({ time: 'yesterday', level: 'fatal', msg: 'x', trace_id: 'y', logger: 'z' }, 'spoofed');
    log.info('after spoofed');
  },
  names: async () => {
    for (const name of ['', '-x', 'a b', 'x'.repeat(65), '../etc', 'ü', undefined, 7]) {
      attempt(() => getLogger(name));
    }
    getLogger('A.b-c_9'.padEnd(64, 'x')).info('a good name');
  },
  same: () => print(getLogger('publish_sync') === log),
};

function attempt(action) {
  try {
    action();
  } catch (error) {
    print({ name: error.name, code: error.code, message: error.message });
  }
}

function print(value) {
  console.log(`printed ${JSON.stringify(value)}`);
}

const [way, where] = process.argv.slice(2);
if (where === 'request') {
  const server = createServer(async (_, response) => {
    await ways[way]();
    response.on('close', () => server.close());
    response.end();
  });
  server.listen(0, '127.0.0.1', () => get({ port: server.address().port, agent: false }, (answer) => answer.resume()));
} else await ways[way]();
