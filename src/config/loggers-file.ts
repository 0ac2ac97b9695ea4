/** REQLENS_LOGGERS_FILE: loggers and their settings in JSON or YAML. Reads that one file, and never throws. */
import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { inspect } from 'node:util';

import type { ConfigProblem } from './config.ts';
import { loggerName, loggerNameForm } from './log-values.ts';
import type { LoggerKey } from './log-values.ts';
import { expectedKey, loggerKeyOf } from './logger-entry.ts';
import type { LoggerEntries, LoggerEntry, WrittenSetting } from './logger-entry.ts';
import { parseYaml } from './parse-yaml.ts';
import { shownText } from './shown-value.ts';

const variable = 'REQLENS_LOGGERS_FILE';
const form = '{ "loggers": { "<name>": { ... } } }';

interface Format {
  readonly parse: (text: string) => unknown;
  readonly maxBytes: number;
  /** The same for people. */
  readonly most: string;
}

/** Settings of a hundred loggers need 20 KB; a larger file is another one. */
const json: Format = { parse: (text: string): unknown => JSON.parse(text), maxBytes: 1024 * 1024, most: '1 MB' };
/** Reading YAML takes some 5 us a byte, JSON 0.01 (Node 24): a megabyte would hold a start for seconds. */
const yaml: Format = { parse: parseYaml, maxBytes: 64 * 1024, most: '64 KB' };

const formats: ReadonlyMap<string, Format> = new Map([
  ['.json', json],
  ['.yaml', yaml],
  ['.yml', yaml],
]);

/** Each has a file, a scope and a place in memory. */
const mostLoggers = 10_000;
/** Of one object; a logger has 13 that mean something. */
const mostKeys = 100;
/** Complaints of one file; there is a line for each. */
const mostProblems = 50;

/** Whether the file's name says how it is to be read. */
export function isLoggersFileName(path: string): boolean {
  return formats.has(extname(path).toLowerCase());
}

/**
 * @param path - From the working directory, or absolute; shown in complaints as it is.
 * @returns What is usable of it; one problem when the file as a whole is not.
 */
export function readLoggersFile(path: string): LoggerEntries {
  const parsed = parseFile(path);
  if (!('value' in parsed)) return { entries: [], problems: [unusableFile(path, parsed.reason)] };
  if (!isRecord(parsed.value) || !isRecord(parsed.value['loggers'])) {
    return { entries: [], problems: [unusableFile(path, `it to contain ${form}`)] };
  }
  const { loggers, ...others } = parsed.value;
  if (Object.keys(others).length > mostKeys) {
    return { entries: [], problems: [unusableFile(path, `it to contain ${form}, and nothing else`)] };
  }
  if (Object.keys(isRecord(loggers) ? loggers : {}).length > mostLoggers) {
    return { entries: [], problems: [unusableFile(path, `at most ${mostLoggers} loggers in it`)] };
  }
  const place = placeIn(path);
  const strange = Object.entries(others).map(([key, value]) =>
    place(key, value)(`the one key loggers, as in ${form}`, 'it is ignored'),
  );
  const read = Object.entries(isRecord(loggers) ? loggers : {}).map(([name, settings]) =>
    entryOf(name, settings, place),
  );
  return {
    entries: read.flatMap(({ entries }) => entries),
    problems: firstOf(path, [...strange, ...read.flatMap(({ problems }) => problems)]),
  };
}

function firstOf(path: string, problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const more = problems.length - mostProblems;
  if (more <= 0) return problems;
  const consequence = `the rest of it is used, and ${more} further mistakes are not shown`;
  return [
    ...problems.slice(0, mostProblems),
    { variable, value: shownText(path), expected: `at most ${mostProblems} mistakes`, consequence },
  ];
}

type Parsed = { readonly value: unknown } | { readonly reason: string };

function parseFile(path: string): Parsed {
  const format = formats.get(extname(path).toLowerCase());
  if (format === undefined) return { reason: 'the path of a file whose name ends in .json, .yaml or .yml' };
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > format.maxBytes) {
      return { reason: `the path of a readable file of at most ${format.most}` };
    }
    // Editors of Windows put a byte order mark before JSON, where it must not be (RFC 8259, section 8.1).
    return { value: format.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) };
  } catch (error) {
    const reason = shownText(error instanceof Error ? firstLine(error.message) : String(error), 120);
    const isSystem = error instanceof Error && 'syscall' in error;
    return { reason: isSystem ? `the path of a readable file (${reason})` : `valid ${kindOf(path)} (${reason})` };
  }
}

function unusableFile(path: string, expected: string): ConfigProblem {
  const consequence = 'the loggers are used without it';
  return { variable, value: shownText(path), expected, consequence };
}

type Place = (key: string, value: unknown) => WrittenSetting['problem'];

function placeIn(path: string): Place {
  return (key, value) => (expected, consequence) => ({
    variable,
    inFile: { path: shownText(path, 300), key: shownText(key, 160) },
    value: shownText(shownValue(value)),
    expected,
    consequence,
  });
}

function entryOf(name: string, settings: unknown, place: Place): LoggerEntries {
  const path = `loggers.${name}`;
  const problem = place(path, settings);
  if (!loggerName.test(name)) {
    return { entries: [], problems: [problem(`a name of ${loggerNameForm}`, 'the entry is left out')] };
  }
  if (!isRecord(settings ?? {})) {
    return { entries: [], problems: [problem('an object of settings', 'the entry is left out')] };
  }
  if (Object.keys(settings ?? {}).length > mostKeys) {
    return { entries: [], problems: [problem(`an object of at most ${mostKeys} settings`, 'the entry is left out')] };
  }
  const taken = Object.entries(settings ?? {}).map(([key, value]) =>
    settingOf(key, value, place(`${path}.${key}`, value)),
  );
  const entry: LoggerEntry = { name, settings: new Map(taken.flatMap(({ setting }) => setting)), problem };
  return { entries: [entry], problems: taken.flatMap(({ problems }) => problems) };
}

interface TakenSetting {
  readonly setting: readonly (readonly [LoggerKey, WrittenSetting])[];
  readonly problems: readonly ConfigProblem[];
}

/** Numbers and booleans are read as their text is, so that a key means the same here and in REQLENS_LOGGERS. */
function settingOf(written: string, value: unknown, problem: WrittenSetting['problem']): TakenSetting {
  const key = loggerKeyOf(written);
  if (key === undefined) return { setting: [], problems: [problem(expectedKey(written), 'it is ignored')] };
  if (isRecord(value) || Array.isArray(value)) {
    return { setting: [], problems: [problem('a text, a number or a boolean', 'it is ignored')] };
  }
  const text = plainText(value).trim();
  return { setting: text === '' ? [] : [[key, { text, problem }]], problems: [] };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null is blank, as an unset variable is. */
function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Not by JSON.stringify, which throws on the circles that aliases of YAML can make. */
function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 3 });
}

function kindOf(path: string): string {
  return extname(path).toLowerCase() === '.json' ? 'JSON' : 'YAML';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
