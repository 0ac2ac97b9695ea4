/** What the values of log files and loggers may be. REQLENS_LOG_* and the loggers' keys share these rules. Pure. */
import { posix, win32 } from 'node:path';

import { parseByteSize } from './byte-size.ts';
import type { LogFileSettings, LogFormat, LogLevel } from './config.ts';
import { parseDuration } from './duration.ts';
import { booleanRule, mappedRule, orUnlimited, wholeNumberRule, wordRule } from './value-rule.ts';
import type { ValueRule } from './value-rule.ts';

/** Least severe first. */
const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Names become scope names and file names. The same rule as `getLogger` has. */
export const loggerName: RegExp = /^[a-z\d][\w.-]{0,63}$/i;

export const loggerNameForm = '1-64 letters, digits, "_", "." or "-", beginning with a letter or digit';

/** Smaller limits are `10` written for `10MB`: a file for each line, and all but the last few lines gone. */
const leastBytes = 1024;

const sizeRule: ValueRule<number> = {
  expected: 'a size from 1KB in bytes, KB, MB or GB',
  parse: (text) => {
    const bytes = parseByteSize(text);
    return bytes === undefined || bytes < leastBytes ? undefined : { value: bytes };
  },
};

/** 0 and `unlimited` are the same here, where no size at all can be meant by neither. */
const fileSizeRule: ValueRule<number> = {
  expected: `${sizeRule.expected}, or 0 for no limit`,
  parse: (text) => (/^(?:0|unlimited)$/i.test(text) ? { value: 0 } : sizeRule.parse(text)),
};

export const ageRule: ValueRule<number> = {
  expected: 'a number with s, m, h, d or w (e.g. 12h, 14d)',
  parse: (text) => {
    const ms = parseDuration(text);
    return ms === undefined ? undefined : { value: ms };
  },
};

/** Undefined: no file. A path that can only be a directory is none, and one that climbs out of the directory has to be absolute. */
const fileRule: ValueRule<string | undefined> = {
  expected: 'the name or path of a file within the directory of the log files, an absolute path, or none',
  parse: (text) => {
    if (text.toLowerCase() === 'none') return { value: undefined };
    // `file: false` in a file of loggers: perhaps none is meant, surely no file of that name.
    return isFilePath(text) && !climbsOut(text) && !/^(?:true|false)$/i.test(text) ? { value: text } : undefined;
  },
};

/** What the keys of one logger say; for its numbers undefined means no limit. */
export interface LoggerValues {
  readonly level: LogLevel;
  /** Name or path, from the directory of the log files. */
  readonly file: string | undefined;
  /** Bytes; 0: no limit. */
  readonly size: number;
  readonly backups: number | undefined;
  /** Milliseconds. */
  readonly age: number | undefined;
  /** Bytes of all backups. */
  readonly total: number | undefined;
  readonly roll: LogFileSettings['rollEvery'];
  readonly format: LogFormat;
  readonly console: boolean;
  readonly otlp: boolean;
  readonly propagate: boolean;
  readonly gzip: boolean;
  readonly sync: boolean;
}

export type LoggerKey = keyof LoggerValues;

/** In the order in which complaints list the keys. */
export const loggerRules: { readonly [Key in LoggerKey]: ValueRule<LoggerValues[Key]> } = {
  level: wordRule(logLevels),
  file: fileRule,
  size: fileSizeRule,
  backups: orUnlimited(wholeNumberRule(0, 100_000)),
  // `none` says the same of these two; of `backups` it could mean that none is kept.
  age: orUnlimited(ageRule, ['unlimited', 'none']),
  total: orUnlimited(sizeRule, ['unlimited', 'none']),
  roll: mappedRule<LogFileSettings['rollEvery']>(
    new Map([
      ['none', undefined],
      ['hourly', 'hour'],
      ['daily', 'day'],
    ]),
  ),
  format: wordRule<LogFormat>(['json', 'text']),
  console: booleanRule,
  otlp: booleanRule,
  propagate: booleanRule,
  gzip: booleanRule,
  sync: booleanRule,
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys of a constant
export const loggerKeys: readonly LoggerKey[] = Object.keys(loggerRules) as LoggerKey[];

/** Octal. The writer reads its own file too, to find a torn last line, and to compress backups. */
export const fileModeRule: ValueRule<number> = {
  expected: 'octal permissions from 0600 to 0777 that let the owner read and write, e.g. 0640',
  parse: (text) => {
    const [, digits] = /^(?:0o?)?([0-7]{3})$/i.exec(text) ?? [];
    const mode = Number.parseInt(digits ?? '0', 8);
    return (mode & 0o600) === 0o600 ? { value: mode } : undefined;
  },
};

/** Any path; only a NUL character can be in none. */
export const directoryRule: ValueRule<string> = {
  expected: 'the path of a directory',
  parse: (text) => (text.includes('\0') ? undefined : { value: text }),
};

/** `../audit.log`, which would depend on how deep the directory of the log files happens to be. */
function climbsOut(text: string): boolean {
  return [posix, win32].some((form) => !form.isAbsolute(text) && /^\.\.(?:[/\\]|$)/.test(form.normalize(text)));
}

function isFilePath(text: string): boolean {
  const names = [posix.basename(text), win32.basename(text)];
  return !/[\0]|[/\\]$/.test(text) && !names.some((name) => name === '' || name === '.' || name === '..');
}
