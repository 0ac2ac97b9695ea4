/** Our package as npm would publish it, and the package managers that install it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** pnpm and yarn are there only after `npm ci --prefix .ci/tools`. */
export const tools = join(checkout, '.ci/tools/node_modules/.bin');

/** @returns Path of the tarball, in that directory. */
export async function packInto(directory: string): Promise<string> {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const { stdout } = await run('npm', pack, { cwd: checkout, maxBuffer: 16 * 1024 * 1024 });
  const [packed]: { filename: string }[] = JSON.parse(stdout);
  return join(directory, packed?.filename ?? '');
}

export type Manager = (cwd: string, packages: readonly string[]) => Promise<unknown>;

const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps=false'];

export const npm: Manager = async (cwd, packages) => run('npm', ['install', ...quiet, ...packages], { cwd });
export const pnpm: Manager = async (cwd, packages) =>
  run(join(tools, 'pnpm'), ['add', '--ignore-scripts', '--prefer-offline', ...packages], {
    cwd,
    env: { ...process.env, CI: 'true' },
  });
export const yarn: Manager = async (cwd, packages) =>
  run(join(tools, 'yarn'), ['add', '--ignore-scripts', '--ignore-engines', '--silent', ...packages], { cwd });
