/** The levels in the loggers' file, which are followed while the process runs. */
import type { Config, ConfigProblem, LogLevel } from './config.ts';
import { levelPartFor } from './level-variable.ts';
import { loggerRules } from './log-values.ts';
import type { LoggerEntry } from './logger-entry.ts';
import { readLoggersFile } from './loggers-file.ts';

export interface FileLevels {
  /** By name; has no prototype, because a logger may be named `constructor`. */
  readonly levels: Readonly<Record<string, LogLevel>>;
  /** Of the file as a whole, of unknown keys, of levels. Values of other keys are looked at when a process starts. */
  readonly problems: readonly ConfigProblem[];
}

/** What of the environment stands above the file. */
type Fixed = Pick<Config['logs'], 'levels' | 'fixedLevels'>;

/**
 * Reads the file anew; synchronous, never throws.
 *
 * @param path - `config.logs.loggersFile`.
 * @param fixed - `config.logs`: levels that the environment sets are left out. Default: none.
 */
export function readLevels(path: string, fixed: Fixed = { levels: {}, fixedLevels: [] }): FileLevels {
  const { entries, problems } = readLoggersFile(path);
  const read = entries.filter(({ settings }) => settings.has('level')).map(levelOf);
  const levels: Record<string, LogLevel> = Object.create(null);
  for (const { name, level } of read) {
    const isFixed = fixed.fixedLevels.includes(name) || levelPartFor(name) in fixed.levels;
    if (level !== undefined && !isFixed) levels[name] = level;
  }
  return { levels, problems: [...problems, ...read.flatMap((each) => each.problem ?? [])] };
}

interface ReadLevel {
  readonly name: string;
  readonly level: LogLevel | undefined;
  readonly problem: ConfigProblem | undefined;
}

function levelOf({ name, settings }: LoggerEntry): ReadLevel {
  const written = settings.get('level');
  const level = loggerRules.level.parse(written?.text ?? '')?.value;
  const problem = level === undefined ? written?.problem(loggerRules.level.expected, 'it is ignored') : undefined;
  return { name, level, problem };
}
