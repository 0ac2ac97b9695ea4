/** What is said of one logger in one place, and REQLENS_LOGGERS, which says it in one line. Pure. */
import type { ConfigProblem } from './config.ts';
import { loggerKeys, loggerName, loggerNameForm } from './log-values.ts';
import type { LoggerKey } from './log-values.ts';
import { nearestName } from './nearest-name.ts';
import { shownText } from './shown-value.ts';

/** A value as it was written, and how to complain of it. */
export interface WrittenSetting {
  /** Trimmed, not blank. */
  readonly text: string;
  readonly problem: (expected: string, consequence: string) => ConfigProblem;
}

export interface LoggerEntry {
  readonly name: string;
  readonly settings: ReadonlyMap<LoggerKey, WrittenSetting>;
  /** How to complain of the entry as a whole. */
  readonly problem: WrittenSetting['problem'];
}

/** Usable entries in the order given; the same name may come more than once. */
export interface LoggerEntries {
  readonly entries: readonly LoggerEntry[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * `name[:key=value]...` with commas between. A colon begins a setting only where `key=` follows, because paths of Windows have
 * colons; a comma always ends the entry. What is wrong with one entry or key leaves the others as they are.
 */
export function parseLoggerEntries(text: string): LoggerEntries {
  const items = text.split(',').map((item) => item.trim());
  const parsed = items.filter((item) => item !== '').map(parseEntry);
  return {
    entries: parsed.flatMap(({ entries }) => entries),
    problems: parsed.flatMap(({ problems }) => problems),
  };
}

/** @returns What a complaint of an unknown key asks for, with the key that was perhaps meant. */
export function expectedKey(key: string): string {
  const meant = nearestName(key.toLowerCase(), loggerKeys, 2);
  return `one of the keys ${loggerKeys.join(', ')}${meant ? ` (did you mean ${meant}?)` : ''}`;
}

/** @returns The key, written in any case. */
export function loggerKeyOf(key: string): LoggerKey | undefined {
  return loggerKeys.find((known) => known === key.toLowerCase());
}

const variable = 'REQLENS_LOGGERS';

function problemOf(value: string): WrittenSetting['problem'] {
  return (expected, consequence) => ({ variable, value: shownText(value), expected, consequence });
}

function parseEntry(item: string): LoggerEntries {
  const [name = '', ...pieces] = item.split(/:(?=\s*[a-z_-]+\s*=)/i).map((piece) => piece.trim());
  const problem = problemOf(item);
  if (!loggerName.test(name)) {
    const expected = `name[:key=value]..., the name ${loggerNameForm}`;
    return { entries: [], problems: [problem(expected, 'the entry is left out')] };
  }
  const settings = new Map<LoggerKey, WrittenSetting>();
  const problems = pieces.flatMap((piece) => takeSetting(settings, name, piece) ?? []);
  return { entries: [{ name, settings, problem }], problems };
}

function takeSetting(settings: Map<LoggerKey, WrittenSetting>, name: string, piece: string): ConfigProblem | undefined {
  const equals = piece.indexOf('=');
  const [written, text] = [piece.slice(0, equals).trim(), piece.slice(equals + 1).trim()];
  const key = loggerKeyOf(written);
  const problem = problemOf(`${name}:${written}=${text}`);
  if (key === undefined) return problem(expectedKey(written), 'it is ignored');
  // Blank is unset, as for variables: `level=${LEVEL}` of a template without LEVEL.
  if (text === '') return undefined;
  if (text.replace(/^[a-z]:(?=[/\\])/i, '').includes(':')) {
    const expected = 'key=value after each ":"; a path with ":" in it can stand in REQLENS_LOGGERS_FILE';
    return problem(expected, 'it is ignored');
  }
  settings.set(key, { text, problem: (rule, consequence) => problem(`${key} to be ${rule}`, consequence) });
  return undefined;
}
