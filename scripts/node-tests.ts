/**
 * Runs Node's own tests with and without the preload: `node scripts/node-tests.ts DIR [family ...]`, lists what passes without and fails with it.
 *
 * DIR is a tree of https://github.com/denoland/node_test, or of Node itself. Families are the beginnings of names (`http`, `fs`); by default those
 * that a preload could disturb. `--node PATH` runs another Node, `--filter TEXT` only tests with that in their name, `--parallel N`
 * so many at a time, `--timeout S` each for so long; `--require` loads the preload by that option, without the promises of Node's ES module
 * loader that `--import` brings. No collector answers in these runs. Exits 1 unless all is as without us.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { runProgram } from './run-program.ts';
import type { Ran } from './run-program.ts';

const defaultFamilies =
  'http https http2 net stream stream2 stream3 async promise promises fs process diagnostics-channel worker child-process domain';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: process.execPath },
    filter: { type: 'string', default: '' },
    parallel: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '60' },
    require: { type: 'boolean', default: false },
  },
});
const preload = values.require
  ? ['--require', fileURLToPath(new URL('../dist/register.cjs', import.meta.url))]
  : ['--import', fileURLToPath(new URL('../register.js', import.meta.url))];
const [given = '.', ...families] = positionals;
const directory = resolve(given);
if (!existsSync(join(directory, 'test', 'parallel'))) {
  process.stderr.write('usage: node scripts/node-tests.ts DIR [family ...], a tree with test/parallel\n');
  process.exit(2);
}

interface Difference {
  readonly name: string;
  /** It passed at a second try. */
  readonly isFlaky: boolean;
  readonly reason: string;
}

const tests = testsOf(families.length > 0 ? families : defaultFamilies.split(' '));
const tally = { pass: 0, skip: 0, differ: 0, failBare: 0 };
const differences: Difference[] = [];
let next = 0;

await Promise.all(Array.from({ length: Number(values.parallel) }, async (_, place) => work(place)));
report();
process.exitCode = differences.some(({ isFlaky }) => !isFlaky) ? 1 : 0;

function testsOf(wanted: readonly string[]): readonly string[] {
  const isWanted = (name: string): boolean =>
    /\.m?js$/.test(name) && name.includes(values.filter) && wanted.some((family) => name.startsWith(`test-${family}-`));
  return ['parallel', 'sequential'].flatMap((folder) => {
    const path = join(directory, 'test', folder);
    return existsSync(path)
      ? readdirSync(path)
          .filter(isWanted)
          .map((name) => join('test', folder, name))
      : [];
  });
}

async function work(place: number): Promise<void> {
  for (let test = tests[next]; test !== undefined; test = tests[next]) {
    next += 1;
    // oxlint-disable-next-line no-await-in-loop -- each place runs one test at a time
    await compare(test, place);
  }
}

async function compare(test: string, place: number): Promise<void> {
  const bare = await run(test, place, []);
  if (bare.code !== 0) {
    tally.failBare += 1;
    return;
  }
  if (bare.output.includes('1..0 # Skipped')) {
    tally.skip += 1;
    return;
  }
  const first = await run(test, place, preload);
  if (first.code === 0) {
    tally.pass += 1;
    return;
  }
  // Fails by chance, with or without us, more often than one would think.
  const isFlaky = (await run(test, place, [])).code !== 0 || (await run(test, place, preload)).code === 0;
  if (!isFlaky) tally.differ += 1;
  differences.push({ name: test, isFlaky, reason: reasonOf(first) });
  process.stdout.write(`${isFlaky ? 'flaky' : 'differs'} ${test}: ${reasonOf(first)}\n`);
}

async function run(test: string, place: number, options: readonly string[]): Promise<Ran> {
  const flags =
    /^\/\/ Flags:(.*)$/m
      .exec(readFileSync(join(directory, test), 'utf8'))?.[1]
      ?.trim()
      .split(/\s+/) ?? [];
  return runProgram(values.node, [...flags, ...options, test], {
    cwd: directory,
    timeoutS: Number(values.timeout),
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      // Ports and temporary directories of tests that run at the same time.
      TEST_THREAD_ID: String(place),
      TEST_PARALLEL: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      REQLENS_SHUTDOWN_TIMEOUT: '0',
    },
  });
}

/** The line that says most: of an assertion, or of any error. */
function reasonOf({ code, output }: Ran): string {
  if (code === undefined) return 'did not end';
  const lines = output.split('\n').filter((line) => !line.startsWith('reqlens: ') && !line.startsWith('{"level"'));
  const told =
    lines.find((line) => /^\s*(?:\w+)?Error\b.*:|^\s*#? ?not ok|Mismatched|FATAL/.test(line)) ?? lines.at(-2) ?? '';
  return `${String(code)}, ${told.trim().slice(0, 200)}`;
}

function report(): void {
  const { pass, skip, differ, failBare } = tally;
  const flaky = differences.length - differ;
  process.stdout.write(
    `${tests.length} tests: ${pass} pass with and without, ${differ} pass without and fail with, ` +
      `${flaky} are flaky, ${failBare} fail without, ${skip} skip themselves\n`,
  );
  for (const { name, isFlaky } of differences.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    if (!isFlaky) process.stdout.write(`${name}\n`);
}
