/** Compiles the package into dist/: Node sources, then the viewer's pages and the overlay with the browser's types, then its static files. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compile = (project: string): void => {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { cwd: root, stdio: 'inherit' });
};

// Only when asked: a test run compiles again while processes of another one may still read dist/.
if (process.argv.includes('--clean')) rmSync(`${root}dist`, { recursive: true, force: true });
compile('tsconfig.build.json');
compile('tsconfig.web.json');
compile('tsconfig.overlay.json');
cpSync(`${root}collector/view/web`, `${root}dist/collector/view/web`, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts') && !path.endsWith('.json'),
});
chmodSync(`${root}dist/src/cli/main.js`, 0o755);
