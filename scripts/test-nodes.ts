/** Runs the tests that depend on the Node version again on those of .ci/tools, and the contract tests with its receiver. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What depends on Node itself: the environment, exits, module formats, hooks into pino, what can be measured. */
const newest = ['test/env', 'test/exit', 'test/formats', 'test/logs', 'test/usage'];
/** On the oldest Node the server's hooks, context without AsyncContextFrame, and node:sqlite while it was experimental too. */
const oldest = [...newest, 'test/http', 'test/collector'];
/** Loader hooks differ between the first and the last 22 (asynchronous below 22.22.3), and so does the CPU clock (22.19). */
const loading = ['test/formats', 'test/env/REQLENS_INSTRUMENTATIONS.test.ts', 'test/usage'];

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
