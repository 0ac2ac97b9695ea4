/** An application that a bundler has made one file of, with our code in it, starts and is traced. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';
import { afterAll, describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'reqlens-bundled-'));
afterAll(() => rmSync(directory, { recursive: true }));

const formats = {
  'an ES module': { format: 'esm', extension: 'mjs', define: {} },
  CommonJS: { format: 'cjs', extension: 'cjs', define: {} },
  // What esbuild makes of it.
  'CommonJS with an empty import.meta': { format: 'cjs', extension: 'cjs', define: { 'import.meta.url': 'undefined' } },
} as const;
const preload = ['--import', join(checkout, 'register.js')];
const env = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  REQLENS_LOG_CONSOLE: 'false',
};

describe.each(Object.entries(formats))('bundled as %s', (name, { format, extension, define }) => {
  test.each([
    { what: 'beside the preload', program: 'bundled', nodeArgs: preload, seen: 'string' },
    { what: 'with the preload in the bundle', program: 'bundled-with-preload', nodeArgs: [], seen: 'string' },
    { what: 'with both', program: 'bundled-with-preload', nodeArgs: preload, seen: 'string' },
    { what: 'without a preload', program: 'bundled', nodeArgs: [], seen: 'undefined' },
  ])('$what', async ({ program, nodeArgs, seen }) => {
    const file = join(directory, `${program} ${name}.${extension}`);
    const bundle = await rolldown({
      input: join(checkout, `test/entry/apps/${program}.mjs`),
      platform: 'node',
      transform: { define },
    });
    await bundle.write({ file, format, codeSplitting: false });
    await bundle.close();
    const { code, stdout, stderr } = await runApp(file, { cwd: directory, nodeArgs, env });
    // Without settings the line is there too.
    expect({ code, stdout: stdout.split('\n').at(-2), stderr }).toEqual({ code: 0, stdout: seen, stderr: '' });
  });
});
