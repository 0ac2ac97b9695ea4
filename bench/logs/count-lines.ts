/** What became of numbered lines: reads every file of a directory and says which are there once, twice, in pieces, or not at all. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Counted {
  readonly lost: number;
  /** Whole lines beyond the first of the same number. */
  readonly doubled: number;
  /** What stands between two line breaks and is not one whole line. */
  readonly torn: number;
  readonly files: number;
  readonly largestBytes: number;
}

/** As app.cjs and writer.py write it into every line. */
const mark = /<(?<number>\d+-\d{7}) x{104}>/g;

/** @param expected - Lines that were logged. */
export function countLines(directory: string, expected: number): Counted {
  // A link to the current file is none of its own.
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  const logs = names.map(({ name }) => `${directory}/${name}`).filter((path) => /\.log|\.\d+$|\.gz$/.test(path));
  const seen = new Set<string>();
  let [whole, torn] = [0, 0];
  for (const line of logs.flatMap((path) => textOf(path).split('\n'))) {
    if (line === '') continue;
    const number = numberOf(line);
    if (number === undefined) {
      torn += 1;
      continue;
    }
    whole += 1;
    seen.add(number);
  }
  const largestBytes = Math.max(0, ...logs.map((path) => statSync(path).size));
  return { lost: expected - seen.size, doubled: whole - seen.size, torn, files: logs.length, largestBytes };
}

/** Undefined when it is not exactly one whole line. */
function numberOf(line: string): string | undefined {
  const found = [...line.matchAll(mark)];
  const isObject = line.startsWith('{') && line.endsWith('}') && line.lastIndexOf('{"level"') <= 0;
  return found.length === 1 && isObject ? found[0]?.groups?.['number'] : undefined;
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}
