/**
 * Compiles the package into dist/: Node sources one by one, of which tests run some; from them what users load, and
 * its types; then the viewer's pages and the overlay with the browser's types, and static files.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from './bundle.ts';
import { takeTypes } from './public-types.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const compile = (project: string, ...options: readonly string[]): void => {
  const args = ['node_modules/typescript/bin/tsc', '-p', project, ...options];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
};

// Only when asked: a test run compiles again while processes of another one may still read dist/.
if (process.argv.includes('--clean')) rmSync(`${root}dist`, { recursive: true, force: true });
await compileNode();
compile('tsconfig.web.json');
compile('tsconfig.overlay.json');
cpSync(`${root}collector/view/web`, `${root}dist/collector/view/web`, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts') && !path.endsWith('.json'),
});
for (const path of ['cli/main.js', 'src/cli/main.js']) chmodSync(`${root}dist/${path}`, 0o755);

/** Apart from dist/ until it is finished, because processes of another run may read it. */
async function compileNode(): Promise<void> {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const stage = realpathSync(mkdtempSync(join(cache, 'reqlens-build-')));
  try {
    const [code, declarations] = [join(stage, 'code'), join(stage, 'declarations')];
    compile('tsconfig.build.json', '--outDir', code, '--declarationDir', declarations);
    await bundle(code, code);
    leadToBundle(code);
    takeTypes(declarations, join(code, 'types'));
    cpSync(join(declarations, 'register.d.cts'), join(code, 'register.d.cts'));
    const files = readdirSync(code, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const paths = files.map(({ parentPath, name }) => relative(code, join(parentPath, name)));
    for (const path of paths) copyIfChanged(join(code, path), join(root, 'dist', path));
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** Who loads these files of a checkout by their paths gets what the preload has started, not a second copy of everything. */
function leadToBundle(code: string): void {
  writeFileSync(join(code, 'src/index.js'), "export * from '../index.js';\n");
  for (const name of ['fastify', 'hono', 'koa']) {
    writeFileSync(join(code, `src/frameworks/${name}.js`), `export * from '../../${name}.js';\n`);
  }
}

function copyIfChanged(from: string, to: string): void {
  const isSame = existsSync(to) && readFileSync(from).equals(readFileSync(to));
  if (isSame) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}
