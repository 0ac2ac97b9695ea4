/**
 * Looks at every regular expression of what runs in an application, in the collector and in the browser, and fails when one can take
 * more than linear time: who chooses its input would choose how long the event loop stands still. `npm run regexes`.
 */
import { globSync, readFileSync } from 'node:fs';

import { parseSync } from 'oxc-parser';
import { checkSync } from 'recheck';

// Neither a JVM nor a binary for this machine: the same answer everywhere.
process.env['RECHECK_BACKEND'] = 'pure';

/** Expressions that are made while the program runs, by file, and why no input makes them slow. */
const madeAtRunTime: Readonly<Record<string, string>> = {
  'collector/view/web/value-text.ts':
    'words of the reader, escaped, without repetition; the text is cut at 300 characters',
  'src/config/read-request-id.ts': 'constant words; each repetition stands last and is followed by the end',
  'src/config/shown-value.ts': 'one class of characters, without repetition',
  'src/config/unknown-names.ts': 'constant beginnings of names, without repetition',
  'src/http/request-url.ts': 'constant names, without repetition',
  'src/logs/redaction.ts': 'keys of the configuration, escaped, without repetition',
};

/** Literals that can be slow, and what bounds their input. */
const bounded: Readonly<Record<string, string>> = {
  // The fuzzer errs: within a segment there is no "/", so that there is one way to read a path (test/costly-input/long-texts).
  [String.raw`/^(?:\/(?!\.|%2e)[\w\-.~!$&'()*+,;=:@%]*)+$/i`]: 'a request target has at most 16 KB',
  // It mostly takes longer than the checker has.
  [String.raw`/^\{"level":(?:"(?<label>[^"]*)"|(?<level>\d+)),"time":(?:"(?<time>[^"]*)"|(?<milliseconds>\d{1,15})[,}])/`]:
    'each repetition ends at a character that it cannot contain, and the beginning is fixed',
  // The fuzzer errs in these, and not each time: its answer depends on how much the machine lets it try.
  [String.raw`/:(?=\s*[a-z_-]+\s*=)/i`]:
    'a look ahead ends at the next colon, and no two of its classes share a character',
  [String.raw`/"time":"([^"]{10,40})"/`]: 'the first 200 characters of a line',
  [String.raw`/too large|larger than|exceeds.{0,40}(?:size|limit|max)/i`]:
    'at most 40 characters behind each "exceeds"',
  [String.raw`/"((?:\\.|[^"\\])*)"/gs`]: 'NODE_OPTIONS, of whoever starts the process, once',
};

interface Found {
  readonly pattern: string;
  readonly flags: string;
  /** `file:line`. */
  readonly place: string;
}

interface Scan {
  readonly literals: readonly Found[];
  /** Files with `new RegExp` or `RegExp(`. */
  readonly constructing: ReadonlySet<string>;
}

const files = globSync(['src/**/*.ts', 'collector/**/*.ts', 'overlay/**/*.ts', 'register.ts']);
const scans = files.map((file) => scan(file.replaceAll('\\', '/')));
const faults = [...literalFaults(scans.flatMap(({ literals }) => literals)), ...constructorFaults(scans)];
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${files.length} files, ${faults.length} regular expressions that can be slow\n`);
process.exitCode = faults.length > 0 ? 1 : 0;

function scan(file: string): Scan {
  const code = readFileSync(file, 'utf8');
  const literals: Found[] = [];
  const constructing = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, regex, start, callee }: Readonly<Record<string, unknown>> = { ...node };
    if (type === 'Literal' && isRegex(regex)) {
      const line = code.slice(0, Number(start)).split('\n').length;
      literals.push({ pattern: regex.pattern, flags: regex.flags, place: `${file}:${line}` });
    }
    const name = typeof callee === 'object' && callee !== null ? Reflect.get(callee, 'name') : undefined;
    if ((type === 'NewExpression' || type === 'CallExpression') && name === 'RegExp') constructing.add(file);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(file, code).program);
  return { literals, constructing };
}

function isRegex(regex: unknown): regex is Pick<Found, 'pattern' | 'flags'> {
  return typeof regex === 'object' && regex !== null && 'pattern' in regex;
}

function literalFaults(literals: readonly Found[]): string[] {
  const byText = new Map(literals.map((found) => [`/${found.pattern}/${found.flags}`, found]));
  const unused = Object.keys(bounded).filter((text) => !byText.has(text));
  const slow = [...byText].flatMap(([text, { pattern, flags, place }]) => {
    if (text in bounded) return [];
    const result = checkSync(pattern, flags, { timeout: 120_000, randomSeed: 1 });
    if (result.status === 'safe') return [];
    const why = result.status === 'vulnerable' ? result.complexity.summary : 'no answer in two minutes';
    return [`${place}: ${text} is ${result.status} (${why})`];
  });
  return [...slow, ...unused.map((text) => `scripts/check-regexes.ts: ${text} is in no file any more`)];
}

function constructorFaults(all: readonly Scan[]): string[] {
  const constructing = new Set(all.flatMap((each) => [...each.constructing]));
  const unknown = [...constructing].filter((file) => !(file in madeAtRunTime));
  const unused = Object.keys(madeAtRunTime).filter((file) => !constructing.has(file));
  return [
    ...unknown.map(
      (file) => `${file}: makes a regular expression: say in scripts/check-regexes.ts why it is never slow`,
    ),
    ...unused.map((file) => `scripts/check-regexes.ts: ${file} makes none any more`),
  ];
}
