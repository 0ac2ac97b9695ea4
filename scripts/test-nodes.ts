/** Runs the tests that depend on the Node version again on those of .ci/tools, and the contract tests with its receiver. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Named loggers where they meet Node: pino, channels, signals, descriptors. What is about files and settings is the same on each. */
const logs = ['anything', 'bridges', 'console', 'endings', 'levels', 'named-logger', 'own-pino'].map(
  (name) => `test/logs/${name}.test.ts`,
);
/** What depends on Node itself: exits, module formats, hosts of ours, the bytes on the wire, context, hooks into pino, what can be measured. */
const newest = [
  'test/entry',
  'test/exit',
  'test/formats',
  'test/hosts',
  'test/neutrality',
  'test/other-servers',
  'test/tasks/run-task.test.ts',
  'test/usage',
  ...logs,
];
/**
 * On the oldest Node the environment, the server's hooks, context without AsyncContextFrame, and node:sqlite while it was
 * experimental too.
 */
const oldest = [...newest, 'test/env', 'test/http', 'test/collector', 'test/files/rolling-file.test.ts'];
/** Loader hooks differ between the first and the last 22 (asynchronous below 22.22.3), and so does the CPU clock (22.19). */
const loading = ['test/entry', 'test/formats', 'test/env/REQLENS_INSTRUMENTATIONS.test.ts', 'test/usage'];

const suites: Readonly<Record<string, readonly string[]>> = {
  'node-22-floor': oldest,
  'node-22': loading,
  'node-26': newest,
};

for (const [version, paths] of Object.entries(suites)) {
  const node = `${root}.ci/tools/node_modules/${version}/bin/node`;
  console.log(`\n== ${version}: ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
  vitest(paths, { REQLENS_TEST_NODE: node });
}
vitest(['test/contract'], {});

function vitest(paths: readonly string[], environment: Readonly<Record<string, string>>): void {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', ...paths];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
}
