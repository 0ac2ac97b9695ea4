/** Backups are compressed in the background, and nothing is lost on the way. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { RollingFile } from '../../src/files/rolling-file.ts';
import { settingsOf, temporaryDirectory } from './log-lines.ts';

const longAgo = Date.now() / 1000 - 120;

interface Run {
  readonly directory: string;
  readonly path: string;
  readonly file: RollingFile;
  readonly said: string[];
}

/** A log with backups of an earlier run: their names, lengths in lines, and whether their last line is long ago. */
function logWith(backups: Readonly<Record<string, readonly [lines: number, isOld: boolean]>>, count?: number): Run {
  const directory = temporaryDirectory();
  for (const [name, [lines, isOld]] of Object.entries(backups)) {
    writeFileSync(join(directory, name), linesOf(name, lines));
    if (isOld) utimesSync(join(directory, name), longAgo, longAgo);
  }
  const said: string[] = [];
  const path = join(directory, 'app.log');
  const keep = { count, ageMs: undefined, bytes: undefined };
  const file = new RollingFile(settingsOf(path, { compresses: true, mode: 0o604, keep }), (_cause, message) =>
    said.push(message),
  );
  onTestFinished(() => file.close());
  expect(file.append(Buffer.from('now\n'))).toEqual({ status: 'written' });
  return { directory, path, file, said };
}

function linesOf(name: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `${name} ${n} ${'x'.repeat(n % 90)}\n`).join('');
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10);
}

test('backups whose last line is some time ago are compressed one after the other, with mode and time', async () => {
  const { directory, said } = logWith({
    'app.1.log': [20_000, true],
    'app.2.log': [3, true],
    'app.3.log': [3, false],
    'app.20261123.log': [3, true],
  });
  await until(() => existsSync(join(directory, 'app.2.log.gz')) && !existsSync(join(directory, 'app.2.log')));
  expect(readdirSync(directory).toSorted()).toEqual([
    'app.1.log.gz',
    'app.2.log.gz',
    'app.20261123.log',
    'app.3.log',
    'app.log',
  ]);
  for (const [name, lines] of [
    ['app.1.log', 20_000],
    ['app.2.log', 3],
  ] as const) {
    const compressed = join(directory, `${name}.gz`);
    expect(gunzipSync(readFileSync(compressed)).toString()).toBe(linesOf(name, lines));
    expect(Math.round(statSync(compressed).mtimeMs / 1000)).toBe(Math.round(longAgo));
    expect(statSync(compressed).mode & 0o777).toBe(0o644);
  }
  expect(said).toEqual([]);
});

test('what a writer that was held up appends while its file is compressed is not lost', async () => {
  const { directory } = logWith({ 'app.1.log': [40_000, true] });
  const plain = join(directory, 'app.1.log');
  await until(() => existsSync(`${plain}.gz.part`));
  let late = 0;
  // As long as it has its name; after that a writer would see that it has none.
  while (existsSync(plain)) {
    appendFileSync(plain, `late ${late++}\n`);
    await pause(1);
    if (late === 20) break;
  }
  await until(() => !existsSync(plain));
  const all = gunzipSync(readFileSync(`${plain}.gz`)).toString();
  expect(all).toBe(linesOf('app.1.log', 40_000) + Array.from({ length: late }, (_, n) => `late ${n}\n`).join(''));
});

test('nor what it appends in the last moment, between the last read and the deletion', async () => {
  const realRm = promises.rm;
  onTestFinished(() => replaceRm(realRm));
  replaceRm(async (path, options) => {
    if (String(path).endsWith('app.1.log')) appendFileSync(path, 'very late\n');
    await realRm(path, options);
  });
  const { directory } = logWith({ 'app.1.log': [3, true] });
  const plain = join(directory, 'app.1.log');
  await until(() => !existsSync(plain));
  const whole = `${linesOf('app.1.log', 3)}very late\n`;
  const content = (): string => gunzipSync(readFileSync(`${plain}.gz`)).toString();
  await until(() => content().length >= whole.length);
  expect(content()).toBe(whole);
});

function replaceRm(rm: typeof promises.rm): void {
  promises.rm = rm;
  syncBuiltinESMExports();
}

test('what retention deletes meanwhile does not come back', async () => {
  const { directory } = logWith({ 'app.1.log': [40_000, true], 'app.2.log': [1, true] });
  await until(() => existsSync(join(directory, 'app.1.log.gz.part')));
  rmSync(join(directory, 'app.1.log'));
  await until(() => existsSync(join(directory, 'app.2.log.gz')) && !existsSync(join(directory, 'app.2.log')));
  expect(readdirSync(directory).toSorted()).toEqual(['app.2.log.gz', 'app.log']);
});

test('close ends it at once, leaves nothing unfinished, and the backup as it was', async () => {
  const { directory, file } = logWith({ 'app.1.log': [200_000, true] });
  await until(() => existsSync(join(directory, 'app.1.log.gz.part')));
  file.close();
  expect(readdirSync(directory).toSorted()).toEqual(['app.1.log', 'app.log']);
  await pause(50);
  expect(readdirSync(directory).toSorted()).toEqual(['app.1.log', 'app.log']);
});

test('of two processes one does it; both forms left by a killed one become one', async () => {
  const { directory } = logWith({ 'app.1.log': [3, true], 'app.1.log.gz': [1, true], 'app.2.log': [3, true] });
  writeFileSync(join(directory, 'app.2.log.gz.part'), 'of another process');
  await until(() => !existsSync(join(directory, 'app.1.log')));
  expect(gunzipSync(readFileSync(join(directory, 'app.1.log.gz'))).toString()).toBe(linesOf('app.1.log', 3));
  await pause(50);
  expect(readFileSync(join(directory, 'app.2.log.gz.part'), 'utf8')).toBe('of another process');
  expect(readFileSync(join(directory, 'app.2.log'), 'utf8')).toBe(linesOf('app.2.log', 3));
});

test('a process that has nothing else to do does not stay for it', () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'app.1.log'), Buffer.alloc(300_000_000, 'a line of a large backup\n'));
  utimesSync(join(directory, 'app.1.log'), longAgo, longAgo);
  const module = new URL('../../dist/src/files/rolling-file.js', import.meta.url).href;
  const settings = settingsOf(join(directory, 'app.log'), { compresses: true });
  const program = `
    import { existsSync } from 'node:fs';
    import { RollingFile } from ${JSON.stringify(module)};
    const file = new RollingFile(${JSON.stringify(settings)}, console.error);
    file.append(Buffer.from('a\\n'));
    const timer = setInterval(() => {
      if (!existsSync(${JSON.stringify(join(directory, 'app.1.log.gz.part'))})) return;
      clearInterval(timer);
      process.once('exit', () => file.close());
    }, 5);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  expect(readdirSync(directory).toSorted()).toEqual(['app.1.log', 'app.log']);
});
