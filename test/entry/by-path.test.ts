/** A checkout's files by their paths are the ones that the preload has started, not a second copy that knows of nothing. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  ['dist/src/index.js', 'reqlens', 'getLogger'],
  ['dist/src/index.js', 'reqlens', 'currentRequest'],
  ['dist/src/frameworks/koa.js', 'reqlens/koa', 'reqlensKoa'],
])('%s and %s share %s', (path, name, key) => {
  const program = `
    const [one, other] = await Promise.all([import('./${path}'), import('${name}')]);
    console.log(typeof one.${key}, one.${key} === other.${key});`;
  const args = ['--import', './register.js', '--input-type=module', '-e', program];
  expect(execFileSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' })).toBe('function true\n');
});
