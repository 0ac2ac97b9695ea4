/**
 * Runs a project's own tests with and without the preload and compares: `node scripts/framework-tests.ts DIR COMMAND [argument ...]`.
 *
 * The command runs in DIR and prints TAP (`mocha --reporter tap`, `node --test --test-reporter tap`); the preload comes by NODE_OPTIONS. No
 * collector answers. Exits 1 unless the same tests pass.
 */
import { fileURLToPath } from 'node:url';

import { runProgram } from './run-program.ts';

const timeoutS = 1200;
const preload = fileURLToPath(new URL('../register.js', import.meta.url));

const [directory, command, ...args] = process.argv.slice(2);
if (directory === undefined || command === undefined) {
  process.stderr.write('usage: node scripts/framework-tests.ts DIR COMMAND [argument ...]; the command prints TAP\n');
  process.exit(2);
}

/** How often each line of the results occurs: names are not unique. */
type Results = ReadonlyMap<string, number>;

const bare = await results(directory, command, undefined);
const ours = await results(directory, command, preload);
const differing = [...new Set([...bare.keys(), ...ours.keys()])].filter((line) => bare.get(line) !== ours.get(line));
process.stdout.write(`without: ${summary(bare)}; with: ${summary(ours)}\n`);
for (const line of differing)
  process.stdout.write(`${bare.get(line) ?? 0} without, ${ours.get(line) ?? 0} with: ${line}\n`);
process.exitCode = differing.length === 0 && bare.size > 0 ? 0 : 1;

async function results(cwd: string, program: string, imported: string | undefined): Promise<Results> {
  const options = [process.env['NODE_OPTIONS'], imported === undefined ? undefined : `--import ${imported}`];
  const env = {
    ...process.env,
    NODE_OPTIONS: options.filter((option) => option !== undefined).join(' '),
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    REQLENS_SHUTDOWN_TIMEOUT: '0',
  };
  const { output } = await runProgram(program, args, { cwd, env, timeoutS });
  const counts = new Map<string, number>();
  for (const [, verdict, name] of output.matchAll(/^ *((?:not )?ok) \d+ (?:- )?(.*)$/gm)) {
    // Times and numbers of a run are its own.
    const line = `${verdict} ${String(name).replace(/ # time=.*$/, '')}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return counts;
}

function summary(of: Results): string {
  let passed = 0;
  let failed = 0;
  for (const [line, count] of of) {
    if (line.startsWith('ok')) passed += count;
    else failed += count;
  }
  return `${passed} pass, ${failed} fail`;
}
