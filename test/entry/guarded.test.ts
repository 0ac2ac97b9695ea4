/** The preload never takes the application down: whatever is missing or broken below it, and whatever Node it meets. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const app = 'test/entry/apps/plain.mjs';
const runs = 'the application runs\n';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reqlens-entry-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** A copy of what is installed, for a test to break. */
async function brokenCopy(name: string): Promise<string> {
  const copy = join(directory, name);
  await cp(join(checkout, 'dist'), join(copy, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('/dist/src'),
  });
  await writeFile(join(copy, 'package.json'), '{ "type": "module" }');
  return copy;
}

const faults: Readonly<Record<string, (copy: string) => Promise<void>>> = {
  'a file is missing': (copy) => rm(join(copy, 'dist/reqlens.js')),
  'a file is cut off': (copy) => truncate(join(copy, 'dist/reqlens.js'), 4000),
  'an import has no such name': (copy) =>
    writeFile(join(copy, 'dist/preload.js'), "import { no } from 'node:http';\nno();\n"),
  'it throws while it loads': (copy) => writeFile(join(copy, 'dist/preload.js'), "throw new Error('two\\nlines');\n"),
  // Node itself shows the place of what is no error, before we hear of it.
  'it throws what is no error': (copy) => writeFile(join(copy, 'dist/preload.js'), 'throw undefined;\n'),
  'it awaits at its top level': (copy) =>
    writeFile(join(copy, 'dist/preload.js'), 'await 1; export const preload = 1;\n'),
};

describe.each(['--import', '--require'])('%s, when', (flag) => {
  for (const [what, breakIt] of Object.entries(faults)) {
    test(`${what}: one line says so, and the application runs`, async () => {
      const copy = await brokenCopy(`${flag} ${what}`);
      await breakIt(copy);
      const { code, stdout, stderr } = await runApp(app, { nodeArgs: [flag, join(copy, 'dist/register.cjs')] });
      expect({ code, stdout }).toEqual({ code: 0, stdout: runs });
      expect(stderr).toMatch(
        /^(?:\nnode:.*\n.*\n.*\n)?reqlens: telemetry could not start, the application runs without it: .+\n$/,
      );
    });
  }
});

test('the same with OTEL_SDK_DISABLED=true', async () => {
  const copy = await brokenCopy('disabled');
  await rm(join(copy, 'dist/reqlens.js'));
  const nodeArgs = ['--import', join(copy, 'dist/register.cjs')];
  const { code, stdout } = await runApp(app, { nodeArgs, env: { OTEL_SDK_DISABLED: 'true' } });
  expect({ code, stdout }).toEqual({ code: 0, stdout: runs });
});

const tooOld = (version: string): string =>
  `reqlens: Node.js 22.15 or newer is needed, this is ${version}; the application runs without telemetry\n`;

describe('a Node that is too old', () => {
  for (const flag of ['--import', '--require']) {
    test(`is told by its number (${flag})`, async () => {
      const nodeArgs = ['--require', './test/entry/apps/old-node.cjs', flag, './dist/register.cjs'];
      expect(await runApp(app, { nodeArgs })).toMatchObject({ code: 0, stdout: runs, stderr: tooOld('20.11.0') });
    });

    const node20 = join(checkout, '.ci/tools/node_modules/node-20/bin/node');
    test.skipIf(!existsSync(node20))(`really, Node 20 (${flag})`, async () => {
      const { code, stdout, stderr } = await runApp(app, { node: node20, nodeArgs: [flag, './dist/register.cjs'] });
      expect({ code, stdout }).toEqual({ code: 0, stdout: runs });
      expect(stderr).toMatch(
        /^reqlens: Node\.js 22\.15 or newer is needed, this is 20\.[\d.]+; the application runs without telemetry\n$/,
      );
    });
  }

  test('and a broken stderr is no reason to fail', async () => {
    const { code, stdout } = await runApp('test/entry/apps/closed-stderr.mjs');
    expect({ code, stdout }).toEqual({ code: 0, stdout: runs });
  });
});
