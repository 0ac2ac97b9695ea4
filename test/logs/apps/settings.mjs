/** Writes with named loggers whose settings come from the environment, and prints what it saw; the argument says what. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { pino } from 'pino';
import { getLogger } from 'reqlens';

const scenes = {
  /** One line of three levels of each logger, and a long one. */
  lines: async (...names) => {
    for (const name of names) {
      const log = getLogger(name);
      log.debug('at debug');
      log.info({ password: 'hunter2', user: { email: 'hunter2@example.com', name: 'Ann' }, order: 7 }, 'at info');
      log.error('at error');
    }
    getLogger(names[0]).error({ long: 'x'.repeat(5000) }, 'a long line');
    // That package needs a moment; at an exit before it our own driver would write the lines.
    const numbered = `${process.env.REQLENS_LOG_DIR}/${names[0]}.1.log`;
    if (process.env.REQLENS_LOG_FILE_DRIVER === 'pino-roll') while (sizeOf(numbered) === 0) await pause(20);
  },
  /** Forty numbered lines of each logger, then waits until a backup of the last one is compressed. */
  many: async (...names) => {
    for (let index = 0; index < 40; index += 1) {
      for (const name of names) getLogger(name).info({ padding: 'p'.repeat(100) }, `line ${index}`);
    }
    const compressed = `${process.env.REQLENS_LOG_DIR}/${names.at(-1)}.1.log.gz`;
    while (!existsSync(compressed)) await pause(20);
  },
  /** What is in the file right after the call. */
  sync: (name) => {
    getLogger(name).info('at once');
    print(readFileSync(`${process.env.REQLENS_LOG_DIR}/${name}.log`, 'utf8').includes('at once'));
  },
  /** The file of loggers changes while the process runs. */
  levels: async (followed, fixed) => {
    const log = getLogger(followed);
    print([log.isLevelEnabled('debug'), getLogger(fixed).isLevelEnabled('debug')]);
    const settings = { [followed]: { level: 'debug' }, [fixed]: { level: 'debug' } };
    writeFileSync(process.env.REQLENS_LOGGERS_FILE, JSON.stringify({ loggers: settings }));
    while (!log.isLevelEnabled('debug')) await pause(20);
    log.debug('now at debug');
    print([log.isLevelEnabled('debug'), getLogger(fixed).isLevelEnabled('debug')]);
  },
  /** Not by named loggers. */
  foreign: () => {
    pino().info({ order: 7 }, 'from pino');
    console.log('from %s', 'console');
  },
};

function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function print(value) {
  process.stdout.write(`printed ${JSON.stringify(value)}\n`);
}

const [scene = '', ...args] = process.argv.slice(2);
await scenes[scene](...args);
