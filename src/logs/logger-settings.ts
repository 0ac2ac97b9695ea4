/** The settings of named loggers that are in force: those of the environment once telemetry has started, until then the console alone. */
import { diag } from '@opentelemetry/api';

import type { Config, LogLevel } from '../config/config.ts';
import { levelPartFor } from '../config/level-variable.ts';
import { redactedByDefault } from '../config/redaction.ts';
import { LineFields } from './line-fields.ts';
import { LineWriter } from './line-writer.ts';
import { LoggerOutputs } from './logger-outputs.ts';
import type { LoggerOutput, OutputParts } from './logger-outputs.ts';
import { Redaction } from './redaction.ts';

export interface LoggerSettingsInForce {
  readonly fields: LineFields;
  readonly writer: LineWriter;
  readonly outputs: LoggerOutputs;
  readonly outputFor: (name: string) => LoggerOutput;
  readonly levelFor: (name: string) => LogLevel;
  readonly onNewLogger: (name: string) => void;
  /** By logger name; for those whose level the environment does not say. */
  readonly setFileLevels: (levels: Readonly<Record<string, LogLevel>>) => void;
}

/** As `getLogger` is used without the preload: nothing is read from the environment, no file is made. */
const unstarted: LoggerParts = {
  settings: {
    level: 'info',
    levels: {},
    loggers: [],
    format: 'json',
    redact: redactedByDefault,
    maxLineLength: 1_048_576,
  },
  report: (_cause, message) => diag.warn(`logs: ${message}`),
  isCollectorAway: () => true,
  onLine: () => undefined,
  isSync: true,
  hints: false,
};

type NamedLoggersConfig = Pick<Config['logs'], 'level' | 'levels' | 'loggers' | 'format' | 'redact' | 'maxLineLength'>;

export interface LoggerParts extends Omit<OutputParts, 'settings'> {
  readonly settings: NamedLoggersConfig;
  /** Whether to say once, for a name without settings, how to give it a file. */
  readonly hints: boolean;
}

let inForce: LoggerSettingsInForce = settingsFrom(unstarted);

export function loggerSettings(): LoggerSettingsInForce {
  return inForce;
}

/** @returns What was in force before. */
export function putInForce(parts: LoggerParts): LoggerSettingsInForce {
  const before = inForce;
  inForce = settingsFrom(parts);
  return before;
}

/** The library's own logger: it is not the application's business to configure it. */
const ownLogger = 'process';

function settingsFrom(parts: LoggerParts): LoggerSettingsInForce {
  const { settings, report, hints } = parts;
  const fields = new LineFields(new Redaction(settings.redact), settings.maxLineLength);
  const outputs = new LoggerOutputs(parts);
  let fileLevels: ReadonlyMap<string, LogLevel> = new Map();
  const byName = new Map(settings.loggers.map((logger) => [logger.name, logger]));
  return {
    fields,
    writer: new LineWriter(fields, settings),
    outputs,
    outputFor: (name) => outputs.outputFor(name),
    levelFor: (name) =>
      settings.levels[levelPartFor(name)] ?? fileLevels.get(name) ?? byName.get(name)?.level ?? settings.level,
    setFileLevels: (levels) => {
      fileLevels = new Map(Object.entries(levels));
    },
    onNewLogger: (name) => {
      if (!hints || name === ownLogger || byName.has(name)) return;
      const message = `the logger ${name} has no settings, so its lines go to no file; add it to REQLENS_LOGGERS to give it one`;
      report(`no settings for logger ${name}`, message);
    },
  };
}
