/** Starts the plain program on a Node that is too old, with a stderr that nobody can write to. */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';

const readOnly = openSync('/dev/null', 'r');
const args = ['--require', './test/entry/apps/old-node.cjs', '--import', './register.js', 'test/entry/apps/plain.mjs'];
const { status, stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', readOnly] });
process.stdout.write(stdout);
process.exitCode = status ?? 1;
