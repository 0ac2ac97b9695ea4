/** `reqlens logs`: the lines of named loggers, across rotation, one request's alone when asked. */
import type { LoggerSettings } from '../config/config.ts';
import { nearestName } from '../config/nearest-name.ts';
import { problemLine } from '../config/problem-lines.ts';
import { readConfig } from '../config/read-config.ts';
import { shownText } from '../config/shown-value.ts';
import { listLogFiles } from '../files/log-reader.ts';
import { logsHelp, readLogsOptions } from './logs-options.ts';
import type { LogsOptions } from './logs-options.ts';
import { printLogs } from './print-logs.ts';
import { thrownWords } from '../errors.ts';

/** Sets the exit code: 0, 1 when a file cannot be read, 2 for a name or an option that is not known. */
export async function logsCommand(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const read = readLogsOptions(argv);
  if (read.kind === 'help') process.stdout.write(logsHelp);
  else if (read.kind === 'mistake') end(2, read.message);
  else await showLogs(read.options, env);
}

async function showLogs(options: LogsOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const asked = askedLoggers(options.names, loggersOf(options, env));
  if (typeof asked === 'string') {
    end(2, asked);
    return;
  }
  try {
    await sayMissing(asked, options);
    // Two loggers may write to one file.
    await printLogs([...new Set(asked.map(({ path }) => path))], options);
  } catch (error) {
    end(1, `cannot read the log files: ${thrownWords(error)}`);
  }
}

/** What is wrong with variables of others is not for this command to say. */
function loggersOf({ directory }: LogsOptions, env: NodeJS.ProcessEnv): readonly LoggerSettings[] {
  const { config, problems } = readConfig(directory === undefined ? env : { ...env, REQLENS_LOG_DIR: directory });
  for (const problem of problems.filter(({ variable }) => /^REQLENS_LOG/i.test(variable))) {
    process.stderr.write(`${problemLine(problem)}\n`);
  }
  return config.logs.loggers;
}

interface AskedLogger {
  readonly name: string;
  /** Absolute; the file need not exist yet. */
  readonly path: string;
}

/** @returns A text when a name is not known, or its logger has no file. */
function askedLoggers(names: readonly string[], loggers: readonly LoggerSettings[]): readonly AskedLogger[] | string {
  const withFile = loggers.flatMap(({ name, file }) => (file ? { name, path: file.path } : []));
  const known = withFile.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names.length === 0 ? withFile : withFile.filter(({ name }) => names.includes(name));
  const hasNoFile = loggers.some(({ name }) => name === unknown);
  const meant = nearestName(unknown, known, 3);
  const hint = hasNoFile ? 'it writes no file' : meant && `did you mean ${meant}?`;
  const expected = `expected a logger that writes a file (${known.join(', ') || 'there is none'})`;
  return `${expected}, got "${shownText(unknown)}"${hint ? `; ${hint}` : ''}`;
}

/** Of loggers that nobody named it is said only when there is nothing at all. */
async function sayMissing(asked: readonly AskedLogger[], { names, isFollowing }: LogsOptions): Promise<void> {
  const counts = await Promise.all(asked.map(async ({ path }) => (await listLogFiles(path)).length));
  if (names.length === 0 && counts.some((count) => count > 0)) return;
  for (const { name, path } of asked.filter((_, index) => counts[index] === 0)) {
    const next = isFollowing ? '; waiting for it' : '';
    process.stderr.write(`reqlens logs: ${name} has no file yet: ${shownText(path, 300)}${next}\n`);
  }
}

function end(code: 1 | 2, message: string): void {
  process.stderr.write(`reqlens logs: ${message}\n`);
  process.exitCode = code;
}
