/** Checks what users get: packs the package as npm would publish it, and looks at its files, its exports and its types. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Beside what is compiled. */
const loose = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'collector/lgtm.yaml',
  'collector/otel-collector.yaml',
  'docker-compose.yml',
  'package.json',
  // README and messages name them.
  ...globSync('docs/**/*.md', { cwd: root }),
];

const directory = mkdtempSync(join(tmpdir(), 'reqlens-package-'));
try {
  // What a deleted source has left in dist/ must not be packed.
  run(process.execPath, ['scripts/build.ts', '--clean']);
  const { filename, files, size } = pack();
  const problems = differences(new Set(files), new Set([...loose, ...compiledFiles()]));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  const tarball = join(directory, filename);
  run(process.execPath, ['node_modules/publint/src/cli.js', 'run', '--strict', tarball]);
  // Not the profile `esm-only`, which leaves out CommonJS: every Node of `engines` can require an ES module, and the tarball test
  // does so. All that is wrong with that in the eyes of older resolvers is the one rule left out here.
  run(process.execPath, [
    'node_modules/@arethetypeswrong/cli/dist/index.js',
    tarball,
    '--profile=node16',
    '--ignore-rules=cjs-resolves-to-esm',
    '--no-definitely-typed',
  ]);
  console.log(`${filename}: ${files.length} files, ${Math.round(size / 1024)} KiB`);
} finally {
  rmSync(directory, { recursive: true });
}

interface Packed {
  readonly filename: string;
  readonly files: readonly string[];
  readonly size: number;
}

function pack(): Packed {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const output = execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed]: { filename: string; size: number; files: { path: string }[] }[] = JSON.parse(output);
  if (packed === undefined) throw new Error(`npm pack was expected to describe one package, got ${output}`);
  return { ...packed, files: packed.files.map(({ path }) => path) };
}

/** What is bundled of src/, with the types of the public entries; the rest file by file. No maps, no sources, no tests. */
function compiledFiles(): string[] {
  const sources = globSync(['register.cts', 'collector/**/*.ts', 'overlay/*.ts'], { cwd: root });
  const compiled = sources.filter((path) => !path.endsWith('.d.ts')).map((path) => path.replace(/ts$/, 'js'));
  const pages = globSync('collector/view/web/**/*.{html,css,svg,png,js}', { cwd: root });
  const types = ['register.d.cts', 'overlay/overlay.d.ts', ...globSync('types/**/*.d.ts', { cwd: `${root}dist` })];
  const bundled = ['LICENSES-BUNDLED', ...globSync(['*.js', 'cli/*.js'], { cwd: `${root}dist` })];
  return [...compiled, ...pages, ...types, ...bundled].map((path) => `dist/${path}`);
}

function differences(packed: ReadonlySet<string>, expected: ReadonlySet<string>): string[] {
  const missing = [...expected]
    .filter((path) => !packed.has(path))
    .map((path) => {
      const reason = existsSync(join(root, path)) ? 'package.json, `files`, leaves it out' : 'it does not exist';
      return `the package must have ${path}: ${reason}`;
    });
  const extra = [...packed].filter((path) => !expected.has(path)).map((path) => `the package must not have ${path}`);
  return [...missing, ...extra];
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd: root, stdio: 'inherit' });
}
