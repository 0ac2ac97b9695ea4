/** The driver `pino-roll`, with the real package. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, onTestFinished, test } from 'vitest';

import { openLogFile } from '../../src/files/open-log-file.ts';
import { pinoRollOptions } from '../../src/files/pino-roll-options.ts';
import { RollingFile } from '../../src/files/rolling-file.ts';
import { settingsOf, temporaryDirectory } from './log-lines.ts';

const count = (kept: number): { count: number; ageMs: undefined; bytes: undefined } => ({
  count: kept,
  ageMs: undefined,
  bytes: undefined,
});

interface PinoRollRun {
  readonly said: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** @param program - After `file` and `append(text)`, as an application's module. */
function run(program: string, options: { readonly cwd?: string; readonly settings?: object } = {}): PinoRollRun {
  const directory = temporaryDirectory();
  const module = new URL('../../dist/src/files/open-log-file.js', import.meta.url).href;
  const settings = { ...settingsOf(join(directory, 'logs/app.log'), { driver: 'pino-roll' }), ...options.settings };
  const source = `
    import fs from 'node:fs';
    import { setImmediate as turn } from 'node:timers/promises';
    import { openLogFile } from ${JSON.stringify(module)};
    const directory = ${JSON.stringify(join(directory, 'logs'))};
    const file = openLogFile(${JSON.stringify(settings)}, (_cause, message) => console.log(message.replaceAll(directory, '')));
    const append = (text) => console.assert(file.append(Buffer.from(text)).status === 'written', text);
    process.once('exit', () => file.close());
    ${program}`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 20_000,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  const names = readdirSync(join(directory, 'logs'));
  return {
    said: said
      .toString()
      .split('\n')
      .filter((line) => line !== ''),
    files: Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, 'logs', name), 'utf8')])),
  };
}

/** Time for pino-roll to look at its directory. */
const untilReady = "while (!fs.existsSync(directory + '/app.1.log')) await turn();";

describe('pino-roll', () => {
  test('writes lines in order, from the first on, to files of its names; rolls them and keeps so many', () => {
    const { said, files } = run(
      `append('early 1\\n'); append('early 2\\n'); ${untilReady}
       for (let n = 0; n < 40; n++) { append('line ' + n + ' ' + 'x'.repeat(93 - String(n).length) + '\\n'); await turn(); }
       for (let n = 0; n < 20; n++) await turn();`,
      { settings: { maxBytes: 1000, keep: count(2) } },
    );
    expect(said).toEqual([]);
    expect(Object.keys(files).toSorted()).toEqual(['app.3.log', 'app.4.log', 'app.5.log']);
    const numbers =
      Object.values(files)
        .join('')
        .match(/(?<=line )\d+/g)
        ?.map(Number) ?? [];
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => 40 - numbers.length + n));
  });

  test('an exit before it is ready: our own driver writes what waits', () => {
    expect(run("append('1\\n'); append('2\\n'); process.exit(0);")).toEqual({
      said: [],
      files: { 'app.log': '1\n2\n' },
    });
  });

  test('an exit after that: everything is written', () => {
    const { files } = run(`append('1\\n'); ${untilReady} append('2\\n'); append('3\\n'); process.exit(0);`);
    expect(files).toEqual({ 'app.1.log': '1\n2\n3\n' });
  });

  test('is missing from the application: that is said once, and our own driver writes', () => {
    const { said, files } = run("append('1\\n'); await turn(); append('2\\n'); await turn(); append('3\\n');", {
      cwd: '/',
    });
    expect(said).toEqual([
      "cannot use pino-roll for /app.log: Cannot find module 'pino-roll'; reqlens rolls the file itself",
    ]);
    expect(files).toEqual({ 'app.log': '1\n2\n3\n' });
  });

  test('fails to write: that is said once, our own driver goes on, and the process ends', () => {
    const { said, files } = run(
      `append('1\\n'); ${untilReady}
       const write = fs.writeSync;
       fs.writeSync = (fd, ...rest) => { if (fs.readlinkSync('/proc/self/fd/' + fd).endsWith('app.1.log')) throw Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' }); return write(fd, ...rest); };
       append('2\\n'); append('3\\n');`,
    );
    expect(said).toEqual(['cannot use pino-roll for /app.log: ENOSPC: full; reqlens rolls the file itself']);
    expect(files).toEqual({ 'app.1.log': '1\n', 'app.log': '2\n3\n' });
  });

  test('what it has nothing for is said at the start', () => {
    const keep = { count: 0, ageMs: 1, bytes: 2 };
    const { said } = run("append('1\\n'); process.exit(0);", { settings: { keep, compresses: true } });
    expect(said).toEqual([
      'pino-roll has nothing for keeping no backups, deleting backups by age, deleting backups by total size, compressing backups (/app.log)',
    ]);
  });
});

test('pino-roll is told size, period, count, mode', () => {
  const settings = settingsOf('/logs/publish_sync.log', { maxBytes: 1234, rollEvery: 'hour', keep: count(7) });
  expect(pinoRollOptions(settings)).toEqual({
    file: '/logs/publish_sync',
    extension: '.log',
    size: '1234b',
    frequency: 'hourly',
    limit: { count: 7 },
    mkdir: true,
    mode: 0o640,
    sync: true,
    contentMode: 'buffer',
  });
  expect(pinoRollOptions(settingsOf('/logs/app', { rollEvery: 'day' }))).toEqual({
    file: '/logs/app',
    frequency: 'daily',
    mkdir: true,
    mode: 0o640,
    sync: true,
    contentMode: 'buffer',
  });
});

test('lines that come before pino-roll is ready are bounded: the rest is given back', async () => {
  const directory = temporaryDirectory();
  const file = openLogFile(settingsOf(join(directory, 'app.log'), { driver: 'pino-roll' }), () => undefined);
  const lines = Buffer.alloc(3 * 1024 * 1024, 'a line\n');
  expect(file.append(lines)).toEqual({ status: 'written' });
  const refused = file.append(lines);
  expect(refused.status === 'failed' && refused.unwritten.equals(lines)).toBe(true);
  file.close();
  expect(readFileSync(join(directory, 'app.log')).equals(lines)).toBe(true);
  // It goes on opening, and makes its empty file; after the test it would make the directory again.
  while (!existsSync(join(directory, 'app.1.log'))) await pause(5);
});

test('the default driver is ours', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'x'));
  const file = openLogFile(settingsOf(join(directory, 'x/app.log')), () => undefined);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  expect(file).toBeInstanceOf(RollingFile);
});
