/** Runs the tests that depend on the Node version again on each one of .ci/tools, and the contract tests with its receiver. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What depends on Node itself: hooks, exits, the environment, module formats. */
const suites = ['test/env', 'test/exit', 'test/formats', 'test/http', 'test/logs'];

for (const version of ['node-22-floor', 'node-22', 'node-26']) {
  const node = `${root}.ci/tools/node_modules/${version}/bin/node`;
  console.log(`\n== ${version}: ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
  vitest(suites, { REQLENS_TEST_NODE: node });
}
vitest(['test/contract'], {});

function vitest(paths: readonly string[], environment: Readonly<Record<string, string>>): void {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', ...paths];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
}
