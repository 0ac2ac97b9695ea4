/** Loggers by name: `getLogger('publish_sync')` writes JSON lines with the ids of the request that is running. */
import { hostname } from 'node:os';

import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

import type { LogLevel } from '../config/config.ts';
import { ReqlensError } from '../errors.ts';
import { emitLogRecord } from './otlp-bridge.ts';
import { markOwn } from './own-loggers.ts';

/** pino's own interface: levels, child loggers, bindings, serializers. */
export type NamedLogger = Logger;

const loggers = new Map<string, NamedLogger>();
let level: LogLevel = 'info';

/** Names become scope names and, with the log files, file names. */
const nameRule = /^[a-z\d][\w.-]{0,63}$/i;

/**
 * The logger of that name; the same one for every call. Works without the preload too, then without ids.
 *
 * @param name - 1-64 letters, digits, `_`, `.`, `-`, beginning with a letter or digit, e.g. `publish_sync`.
 * @throws ReqlensError `LOGGER_NAME_INVALID`.
 */
export function getLogger(name: string): NamedLogger {
  const known = loggers.get(name);
  if (known !== undefined) return known;
  if (!isName(name)) {
    const shown = JSON.stringify(String(name).slice(0, 80));
    const message = `cannot make a logger named ${shown}: a name is 1-64 letters, digits, "_", "." or "-", and begins with a letter or digit`;
    throw new ReqlensError('LOGGER_NAME_INVALID', message);
  }
  const logger = newLogger(name);
  loggers.set(name, logger);
  return logger;
}

/** Sets the least severe level written, for loggers made before and after (`REQLENS_LOG_LEVEL`). */
export function setLogLevel(newLevel: LogLevel): void {
  level = newLevel;
  for (const logger of loggers.values()) logger.level = newLevel;
}

/** Callers in plain JavaScript may pass anything. */
function isName(name: unknown): name is string {
  return typeof name === 'string' && nameRule.test(name);
}

function newLogger(name: string): NamedLogger {
  const options = {
    level,
    base: { logger: name, pid: process.pid, hostname: hostname() },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, consoleAndCollector(name));
  markOwn(logger);
  return logger;
}

/** pino tells a stream with this mark the level of each line. */
interface MarkedStream extends DestinationStream {
  lastLevel: number;
}

/** The console first: it is what remains when everything else fails. */
function consoleAndCollector(name: string): MarkedStream {
  const terminal = pino.destination({ dest: 1, sync: true });
  const stream: MarkedStream & Record<symbol, true> = {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 30,
    write(line: string) {
      terminal.write(line);
      emitLogRecord(name, stream.lastLevel, line);
    },
  };
  return stream;
}
