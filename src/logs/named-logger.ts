/** Loggers by name: `getLogger('publish_sync')` writes lines with the ids of the request that is running. */
import { hostname } from 'node:os';

import { diag } from '@opentelemetry/api';
import { pino } from 'pino';
import type { Logger } from 'pino';

import type { LogLevel } from '../config/config.ts';
import { ReqlensError } from '../errors.ts';
import { oneForAllCopies } from '../one-for-all-copies.ts';
import { makeChildrenSafe } from './child-loggers.ts';
import { readFields } from './line-fields.ts';
import { loggerSettings } from './logger-settings.ts';
import type { LoggerOutput } from './logger-outputs.ts';
import { replaceWriter, writeLine } from './pino-internals.ts';
import type { LineInput } from './pino-internals.ts';

/** pino's own interface: levels, child loggers, bindings, serializers. */
export type NamedLogger = Logger;

interface Entry {
  readonly logger: NamedLogger;
  output: LoggerOutput;
}

const loggers = new Map<string, Entry>();

/** The `getLogger` of the copy of this package whose settings are in force. */
const started: { getLogger?: typeof getLogger } = oneForAllCopies('loggers', () => ({}));

/** Names become scope names and, with the log files, file names. */
const nameRule = /^[a-z\d][\w.-]{0,63}$/i;

/**
 * The logger of that name; the same one for every call. Works without the preload too, then on the console and without ids.
 *
 * @param name - 1-64 letters, digits, `_`, `.`, `-`, beginning with a letter or digit, e.g. `publish_sync`. Where its lines go is
 *   set by `REQLENS_LOGGERS`; a name that has no settings there writes to the console and to the collector.
 * @throws ReqlensError `LOGGER_NAME_INVALID`.
 */
export function getLogger(name: string): NamedLogger {
  const known = loggers.get(name);
  if (known !== undefined) return known.logger;
  if (!isName(name)) {
    const shown = JSON.stringify(String(name).slice(0, 80));
    const message = `cannot make a logger named ${shown}: a name is 1-64 letters, digits, "_", "." or "-", and begins with a letter or digit`;
    throw new ReqlensError('LOGGER_NAME_INVALID', message);
  }
  const ofStarted = started.getLogger ?? getLogger;
  return ofStarted === getLogger ? newLogger(name) : ofStarted(name);
}

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Changes the least severe level that a logger writes, from now on; its child loggers without a level of their own follow.
 *
 * @param name - Of a logger that exists or that will.
 * @throws ReqlensError `LOG_LEVEL_INVALID`, `LOGGER_NAME_INVALID`.
 */
export function setLogLevel(name: string, level: LogLevel): void {
  const isLevel = levels.some((known) => known === level);
  if (!isLevel) {
    const shown = JSON.stringify(level).slice(0, 80);
    throw new ReqlensError(
      'LOG_LEVEL_INVALID',
      `cannot set the log level ${shown}: it must be one of ${levels.join(', ')}`,
    );
  }
  getLogger(name).level = level;
}

/** Other copies of this package, which know no settings, get their loggers here. @returns Takes that back. */
export function serveAllCopies(): () => void {
  started.getLogger ??= getLogger;
  return () => {
    if (started.getLogger === getLogger) delete started.getLogger;
  };
}

/** Gives every logger made so far, and those to come, what the settings in force say. */
export function applyLoggerSettings(): void {
  for (const [name, entry] of loggers) {
    entry.output = loggerSettings().outputFor(name);
    entry.logger.level = loggerSettings().levelFor(name);
  }
}

/** @param only - Names of loggers whose level has changed in the settings. */
export function applyLevels(only: readonly string[]): void {
  for (const name of only) {
    const entry = loggers.get(name);
    if (entry !== undefined) entry.logger.level = loggerSettings().levelFor(name);
  }
}

/** Callers in plain JavaScript may pass anything. */
function isName(name: unknown): name is string {
  return typeof name === 'string' && nameRule.test(name);
}

function newLogger(name: string): NamedLogger {
  const entry: Entry = { logger: pinoLogger(name), output: loggerSettings().outputFor(name) };
  loggers.set(name, entry);
  replaceWriter(entry.logger, (logger, input) => {
    try {
      entry.output.write(loggerSettings().writer.line(logger, input));
    } catch (error) {
      // Not by anything that an application passes, as far as we know; if it does, the application must not pay for it.
      diag.error(`logs: a line of ${name} could not be written`, error);
    }
  });
  makeChildrenSafe(entry.logger, () => loggerSettings().fields);
  loggerSettings().onNewLogger(name);
  return entry.logger;
}

function pinoLogger(name: string): NamedLogger {
  const options = {
    level: loggerSettings().levelFor(name),
    base: { logger: name, pid: process.pid, hostname: hostname() },
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { logMethod: guardedLogMethod },
  };
  // pino's own way out is never taken (replaceWriter); `flush` and the end of `fatal` go through it.
  const flush = (): void => loggers.get(name)?.output.flush();
  const stream = {
    write: () => undefined,
    flushSync: flush,
    flush: (done?: () => void) => {
      flush();
      done?.();
    },
  };
  return pino(options, stream);
}

type LogMethodArguments = [args: Parameters<pino.LogFn>, method: pino.LogFn, level: number];

/** Formatting runs code of the application's (`toString`, getters). When that throws, the line has everything unformatted. */
function guardedLogMethod(this: Logger, ...[args, method, level]: LogMethodArguments): void {
  try {
    method.apply(this, args);
  } catch {
    writeLine(this, { ...unformatted(args), level });
  }
}

function unformatted(args: readonly unknown[]): Omit<LineInput, 'level'> {
  const [first, ...rest] = args;
  if (typeof first !== 'object' || first === null)
    return { message: first, fields: rest.length > 0 ? { args: rest } : {} };
  const [message, ...values] = rest;
  return { message, fields: values.length > 0 ? Object.fromEntries([...readFields(first), ['args', values]]) : first };
}
