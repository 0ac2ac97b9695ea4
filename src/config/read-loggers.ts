/** The named loggers: which there are, where their lines go, and how. Reads REQLENS_LOG*, REQLENS_BRIDGE_* and REQLENS_LOGGERS_FILE. */
import { resolve } from 'node:path';

import type { Config, LogFileSettings, LogLevel } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { isLevelVariable, levelPartFor, levelVariablePrefix } from './level-variable.ts';
import { directoryRule, fileModeRule, loggerRules } from './log-values.ts';
import { mendLoggers } from './logger-conflicts.ts';
import { parseLoggerEntries } from './logger-entry.ts';
import type { LoggerEntry } from './logger-entry.ts';
import { buildLogger } from './logger-settings.ts';
import type { LoggerCommon, LoggerDefaults } from './logger-settings.ts';
import { isLoggersFileName, readLoggersFile } from './loggers-file.ts';
import { parseRedaction, redactedByDefault } from './redaction.ts';
import { shownText } from './shown-value.ts';
import { wordRule } from './value-rule.ts';
import { builtInLoggers } from './variables-logs.ts';

export type LoggersConfig = Omit<Config['logs'], 'exporters' | 'otlp' | 'batch' | 'limits'>;

/**
 * Every mistake costs only itself: the other keys, entries and loggers stay as they were meant.
 *
 * @param isExporting - Whether lines reach a collector at all.
 */
export function readLoggers(reader: EnvironmentReader, isExporting: boolean): LoggersConfig {
  const written = readEntries(reader);
  const entries = [...parseLoggerEntries(builtInLoggers).entries, ...written.fromFile, ...written.fromVariable];
  const common = readCommon(reader);
  const built = [...Map.groupBy(entries, ({ name }) => name)].map(([name, own]) => buildLogger(name, own, common));
  const all = built.map(({ settings }) => settings);
  const { loggers, problems } = mendLoggers(all, entries, isExporting);
  for (const problem of [...built.flatMap((each) => each.problems), ...problems]) reader.report(problem);
  const config: LoggersConfig = {
    level: common.defaults.level.value,
    levels: common.levels,
    loggers,
    loggersFile: written.loggersFile,
    fixedLevels: fixedLevels(written.fromVariable),
    directory: common.directory,
    format: common.defaults.format.value,
    ...readLines(reader),
  };
  complainAboutLevels(reader, config);
  return config;
}

interface WrittenEntries {
  readonly fromFile: readonly LoggerEntry[];
  readonly fromVariable: readonly LoggerEntry[];
  readonly loggersFile: string | undefined;
}

function readEntries(reader: EnvironmentReader): WrittenEntries {
  const path = reader.text('REQLENS_LOGGERS_FILE');
  const inFile = path === undefined ? { entries: [], problems: [] } : readLoggersFile(path);
  const inVariable = parseLoggerEntries(reader.text('REQLENS_LOGGERS') ?? '');
  for (const problem of [...inFile.problems, ...inVariable.problems]) reader.report(problem);
  // A file that is not there yet, or has a mistake, may be mended while the process runs; a strange name cannot.
  const isFollowed = path !== undefined && isLoggersFileName(path);
  return {
    fromFile: inFile.entries,
    fromVariable: inVariable.entries,
    loggersFile: isFollowed ? resolve(path) : undefined,
  };
}

function readCommon(reader: EnvironmentReader): LoggerCommon {
  return {
    defaults: readDefaults(reader),
    levels: readLevelVariables(reader),
    directory: resolve(reader.chosen('REQLENS_LOG_DIR', directoryRule, 'logs/publish-sync-logs').value),
    mode: reader.chosen('REQLENS_LOG_FILE_MODE', fileModeRule, '0640').value,
    driver: reader.chosen(
      'REQLENS_LOG_FILE_DRIVER',
      wordRule<LogFileSettings['driver']>(['reqlens', 'pino-roll']),
      'reqlens',
    ).value,
  };
}

function readDefaults(reader: EnvironmentReader): LoggerDefaults {
  return {
    level: reader.chosen('REQLENS_LOG_LEVEL', loggerRules.level, 'info'),
    size: reader.chosen('REQLENS_LOG_MAX_SIZE', loggerRules.size, '10MB'),
    backups: reader.chosen('REQLENS_LOG_BACKUPS', loggerRules.backups, '10'),
    age: reader.chosen('REQLENS_LOG_BACKUP_AGE', loggerRules.age, 'unlimited'),
    total: reader.chosen('REQLENS_LOG_BACKUP_BYTES', loggerRules.total, 'unlimited'),
    roll: reader.chosen('REQLENS_LOG_ROLL', loggerRules.roll, 'none'),
    format: reader.chosen('REQLENS_LOG_FORMAT', loggerRules.format, 'json'),
    console: reader.chosen('REQLENS_LOG_CONSOLE', loggerRules.console, 'true'),
    gzip: reader.chosen('REQLENS_LOG_GZIP', loggerRules.gzip, 'false'),
    sync: reader.chosen('REQLENS_LOG_SYNC', loggerRules.sync, 'false'),
  };
}

/** The usable ones, by the part of their name that stands for the logger. */
function readLevelVariables(reader: EnvironmentReader): Readonly<Record<string, LogLevel>> {
  const levels = levelVariables(reader).flatMap((variable) => {
    const level = loggerRules.level.parse(reader.text(variable) ?? '');
    return level ? [[variable.slice(levelVariablePrefix.length), level.value] as const] : [];
  });
  return Object.fromEntries(levels);
}

function levelVariables(reader: EnvironmentReader): readonly string[] {
  return reader.namesWith(levelVariablePrefix).filter(isLevelVariable);
}

/** Only now, because what is used instead is known only now. */
function complainAboutLevels(reader: EnvironmentReader, { levels, loggers, level }: LoggersConfig): void {
  for (const variable of levelVariables(reader)) {
    const part = variable.slice(levelVariablePrefix.length);
    if (part in levels) continue;
    const logger = loggers.find(({ name }) => levelPartFor(name) === part);
    reader.complain(variable, loggerRules.level.expected, `${logger?.level ?? level} is used`);
  }
}

function fixedLevels(fromVariable: readonly LoggerEntry[]): readonly string[] {
  const fixed = fromVariable.filter(({ settings }) => loggerRules.level.parse(settings.get('level')?.text ?? ''));
  return [...new Set(fixed.map(({ name }) => name))];
}

function readLines(
  reader: EnvironmentReader,
): Pick<LoggersConfig, 'redact' | 'maxLineLength' | 'bridgesPino' | 'bridgesConsole'> {
  return {
    redact: readRedaction(reader),
    maxLineLength: reader.integer('REQLENS_LOG_MAX_LINE', {
      fallback: 1_048_576,
      min: 1024,
      max: 104_857_600,
      unit: 'characters',
    }),
    bridgesPino: reader.boolean('REQLENS_BRIDGE_PINO', false),
    bridgesConsole: reader.boolean('REQLENS_BRIDGE_CONSOLE', false),
  };
}

/** When nothing of the list can be used, the defaults hold: a mistake must not print passwords. */
function readRedaction(reader: EnvironmentReader): readonly string[] {
  const variable = 'REQLENS_LOG_REDACT';
  const { paths, unusable } = parseRedaction(reader.text(variable) ?? 'default');
  if (unusable.length > 0) {
    const expected = 'keys and paths such as password, user.email or items.*.card, default among them, or none alone';
    const isDefault = paths === redactedByDefault;
    const without = shownText(`the list is used without ${unusable.join(', ')}`);
    reader.complain(variable, expected, isDefault ? 'the default list is used' : without);
  }
  return paths;
}
