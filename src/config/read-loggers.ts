/** The named loggers: which there are, and where their lines go. */
import { resolve } from 'node:path';

import type { Config, LoggerSettings, LogLevel } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';

export type LoggersConfig = Omit<Config['logs'], 'exporters' | 'otlp' | 'batch' | 'limits'>;

/** @param level - Of loggers that have none of their own. */
export function readLoggers(_reader: EnvironmentReader, level: LogLevel): LoggersConfig {
  return {
    level,
    levels: {},
    loggers: [
      logger('publish_sync', 'publish_sync.log', level),
      logger('wordpress_api', 'wordpress-api.log', level),
      logger('webhooks', 'webhooks.log', level),
    ],
    loggersFile: undefined,
    format: 'json',
    redact: ['authorization', 'cookie', 'set-cookie', 'password', 'token', 'secret'],
    maxLineLength: 1_048_576,
    bridgesPino: false,
    bridgesConsole: false,
  };
}

function logger(name: string, file: string, level: LogLevel): LoggerSettings {
  return {
    name,
    level,
    file: {
      path: resolve('logs/publish-sync-logs', file),
      maxBytes: 10 * 1024 * 1024,
      rollEvery: undefined,
      keep: { count: 10, ageMs: undefined, bytes: undefined },
      compresses: false,
      mode: 0o640,
      isSync: false,
      driver: 'reqlens',
    },
    format: 'json',
    hasConsole: true,
    hasOtlp: true,
    propagates: false,
  };
}
