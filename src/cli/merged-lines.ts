/** Lines of several logs in the order of their time. */

export interface TimedLine {
  readonly line: string;
  /** Milliseconds since 1970; of a line without a time, that of the line before it in its log. */
  readonly timeMs: number;
}

/** @yields Lines of one log with their times. */
export async function* timedLines(lines: AsyncIterable<string>): AsyncGenerator<TimedLine, void, undefined> {
  let timeMs = 0;
  for await (const line of lines) {
    timeMs = lineTimeMs(line) ?? timeMs;
    yield { line, timeMs };
  }
}

/**
 * Holds one line of each log. Lines of one log stay in their order; at the same time the earlier log comes first.
 *
 * @param logs - Each in the order of its time.
 * @yields The oldest line that is left.
 */
export async function* mergedLines(
  logs: readonly AsyncIterable<TimedLine>[],
): AsyncGenerator<TimedLine, void, undefined> {
  // At once: a log that is followed may keep silent for a while.
  const heads = await Promise.all(logs.map(async (log) => nextHead(log[Symbol.asyncIterator]())));
  for (;;) {
    const oldest = oldestOf(heads);
    if (oldest?.line === undefined) return;
    yield oldest.line;
    heads[heads.indexOf(oldest)] = await nextHead(oldest.iterator);
  }
}

interface Head {
  readonly iterator: AsyncIterator<TimedLine>;
  /** Undefined at the end. */
  readonly line: TimedLine | undefined;
}

async function nextHead(iterator: AsyncIterator<TimedLine>): Promise<Head> {
  const next = await iterator.next();
  return { iterator, line: next.done === true ? undefined : next.value };
}

function oldestOf(heads: readonly Head[]): Head | undefined {
  let oldest: Head | undefined;
  for (const head of heads) {
    if (head.line !== undefined && head.line.timeMs < (oldest?.line?.timeMs ?? Infinity)) oldest = head;
  }
  return oldest;
}

/** Where both formats have it: a JSON line within its first fields, before anything that an application wrote; a text line at its start. */
function lineTimeMs(line: string): number | undefined {
  const text = line.startsWith('{') ? /"time":"([^"]{10,40})"/.exec(line.slice(0, 200))?.[1] : line.split(' ', 1)[0];
  const timeMs = text !== undefined && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
