/** From what was written of a logger in several places to its settings. Pure but for the working directory. */
import { resolve } from 'node:path';

import type { ConfigProblem, LogFileSettings, LoggerSettings, LogLevel } from './config.ts';
import { levelPartFor } from './level-variable.ts';
import { loggerRules } from './log-values.ts';
import type { LoggerKey, LoggerValues } from './log-values.ts';
import type { LoggerEntry } from './logger-entry.ts';
import { shownText } from './shown-value.ts';
import type { Chosen, ValueRule } from './value-rule.ts';

/** What holds for keys that no entry has. */
export type LoggerDefaults = {
  readonly [Key in Exclude<LoggerKey, 'file' | 'otlp' | 'propagate'>]: Chosen<LoggerValues[Key]>;
};

/** What is the same for all loggers. */
export interface LoggerCommon {
  readonly defaults: LoggerDefaults;
  /** By the upper-case part of their variable; they win over every entry. */
  readonly levels: Readonly<Record<string, LogLevel>>;
  /** Absolute. */
  readonly directory: string;
  readonly mode: number;
  readonly driver: LogFileSettings['driver'];
}

/** One logger, and the complaints about the values that could not be used. */
export interface BuiltLogger {
  readonly settings: LoggerSettings;
  readonly problems: readonly ConfigProblem[];
}

/** @param entries - All of the same name, the one that wins last. */
export function buildLogger(name: string, entries: readonly LoggerEntry[], common: LoggerCommon): BuiltLogger {
  const problems: ConfigProblem[] = [];
  const { defaults, levels, directory, mode, driver } = common;
  const read = <Key extends LoggerKey>(key: Key, around: Around<LoggerValues[Key]>): LoggerValues[Key] => {
    const { chosen, reported } = choose(key, entries, around);
    problems.push(...reported);
    return chosen.value;
  };
  const fileName = read('file', { fallback: { value: `${name}.log`, text: `${name}.log` } });
  const own = levels[levelPartFor(name)];
  const file: LogFileSettings = {
    path: resolve(directory, fileName ?? '.'),
    maxBytes: read('size', { fallback: defaults.size }),
    rollEvery: read('roll', { fallback: defaults.roll }),
    keep: {
      count: read('backups', { fallback: defaults.backups }),
      ageMs: read('age', { fallback: defaults.age }),
      bytes: read('total', { fallback: defaults.total }),
    },
    compresses: read('gzip', { fallback: defaults.gzip }),
    mode,
    isSync: read('sync', { fallback: defaults.sync }),
    driver,
  };
  const settings: LoggerSettings = {
    name,
    level: read('level', { fallback: defaults.level, winner: own && { value: own, text: own } }),
    file: fileName === undefined ? undefined : file,
    format: read('format', { fallback: defaults.format }),
    hasConsole: read('console', { fallback: defaults.console }),
    hasOtlp: read('otlp', { fallback: { value: true, text: 'true' } }),
    propagates: read('propagate', { fallback: { value: false, text: 'false' } }),
  };
  return { settings, problems };
}

/** What stands below the entries, and what may stand above them. */
interface Around<Value> {
  readonly fallback: Chosen<Value>;
  readonly winner?: Chosen<Value> | undefined;
}

interface Choice<Value> {
  readonly chosen: Chosen<Value>;
  readonly reported: readonly ConfigProblem[];
}

/** The last usable one; each unusable one is reported with what is used in the end, even when it would not have won. */
function choose<Key extends LoggerKey>(
  key: Key,
  entries: readonly LoggerEntry[],
  { fallback, winner }: Around<LoggerValues[Key]>,
): Choice<LoggerValues[Key]> {
  const rule: ValueRule<LoggerValues[Key]> = loggerRules[key];
  const parsed = entries.flatMap(({ settings }) => {
    const written = settings.get(key);
    return written ? { written, result: rule.parse(written.text) } : [];
  });
  const best = parsed.findLast(({ result }) => result !== undefined);
  const chosen = winner ?? (best?.result ? { ...best.result, text: best.written.text } : fallback);
  const unusable = parsed.filter(({ result }) => result === undefined);
  const reported = unusable.map(({ written }) => written.problem(rule.expected, `${shownText(chosen.text)} is used`));
  return { chosen, reported };
}
