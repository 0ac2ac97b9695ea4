/** Reads log files and prints their lines: those that are there by time, then, when asked, new ones as they come. */
import { followLines, readLines } from '../files/log-reader.ts';
import { FollowedLog } from './followed-log.ts';
import { LineOutput } from './line-output.ts';
import type { LogsOptions } from './logs-options.ts';
import { mergedLines, timedLines } from './merged-lines.ts';
import type { TimedLine } from './merged-lines.ts';
import { requestFilter } from './request-filter.ts';
import type { RequestFilter } from './request-filter.ts';

/** How often the files are looked at: a line is seen at once to the eye, and ten looks a second are no load. */
const pollMs = 100;

type PrintOptions = Pick<LogsOptions, 'isFollowing' | 'requestId' | 'lineCount'>;

/** @param paths - Absolute, each once. Resolves at the end of the files, or with `isFollowing` at SIGINT or SIGTERM. */
export async function printLogs(paths: readonly string[], options: PrintOptions): Promise<void> {
  const { isFollowing, requestId, lineCount } = options;
  const isWanted = requestId === undefined ? () => true : requestFilter(requestId);
  const printer: Printer = { output: new LineOutput(), isWanted, lineCount };
  if (isFollowing) await follow(paths, printer);
  else await printHistory(mergedLines(paths.map((path) => timedLines(readLines(path)))), printer);
}

interface Printer {
  readonly output: LineOutput;
  readonly isWanted: RequestFilter;
  readonly lineCount: number | undefined;
}

async function follow(paths: readonly string[], printer: Printer): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const logs = paths.map((path) => new FollowedLog(timedLines(followLines(path, { signal, pollMs, fromStart: true }))));
  const end = { startedMs: Date.now(), quietMs: 3 * pollMs };
  try {
    await printHistory(mergedLines(logs.map((log) => log.history(end))), printer, signal);
    await Promise.all(logs.map(async (log) => printLive(log, printer)));
  } finally {
    // When one cannot be read any more, the others must not keep the process.
    stop.abort();
  }
}

async function printHistory(lines: AsyncIterable<TimedLine>, printer: Printer, signal?: AbortSignal): Promise<void> {
  const { output, isWanted, lineCount } = printer;
  const last: string[] = [];
  for await (const { line } of lines) {
    if (signal?.aborted) break;
    if (!isWanted(line)) continue;
    if (lineCount === undefined) await output.print(line);
    else keepLast(last, line, lineCount);
  }
  for (const line of last.slice(Math.max(last.length - (lineCount ?? 0), 0))) await output.print(line);
  await output.flush();
}

/** Cut only now and then: taking away the first of a long array for each line would be slow. */
function keepLast(last: string[], line: string, count: number): void {
  last.push(line);
  if (last.length >= 2 * count + 1000) last.splice(0, last.length - count);
}

async function printLive(log: FollowedLog, { output, isWanted }: Printer): Promise<void> {
  for await (const { line } of log.live()) {
    if (!isWanted(line)) continue;
    await output.print(line);
    await output.flush();
  }
}
