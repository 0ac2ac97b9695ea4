/** One writer and one file: when it rolls, what it makes, what it puts up with. */
import { execFileSync } from 'node:child_process';
import fs, {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, onTestFinished, test } from 'vitest';

import type { LogFileSettings } from '../../src/config/config.ts';
import { RollingFile } from '../../src/files/rolling-file.ts';
import { settingsOf, temporaryDirectory } from './log-lines.ts';

const realWrite = fs.writeSync;
const none = { count: undefined, ageMs: undefined, bytes: undefined };

afterEach(() => {
  replaceWrite(realWrite);
});

/** Of every file, for all of this process: what happens between a look and a write cannot be had in another way. */
function replaceWrite(write: typeof fs.writeSync): void {
  fs.writeSync = write;
  syncBuiltinESMExports();
}

interface Opened {
  readonly file: RollingFile;
  readonly path: string;
  readonly directory: string;
  readonly said: string[];
  /** Appends text that must be written. */
  readonly append: (text: string) => void;
  /** Names and contents of the whole directory. */
  readonly contents: () => Record<string, string>;
}

function opened(given: Partial<LogFileSettings> = {}, prepare: (path: string) => void = () => undefined): Opened {
  const directory = temporaryDirectory();
  const path = given.path ?? join(directory, 'app.log');
  prepare(path);
  const said: string[] = [];
  const file = new RollingFile(settingsOf(path, given), (_cause, message) => said.push(message));
  onTestFinished(() => file.close());
  return {
    file,
    path,
    directory,
    said,
    append: (text) => expect(file.append(Buffer.from(text))).toEqual({ status: 'written' }),
    contents: () =>
      Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')])),
  };
}

describe('rolling by size', () => {
  test('a line that fits to the last byte stays, the next one starts a new file', () => {
    const { append, contents } = opened({ maxBytes: 12 });
    append('aaaaa\n');
    append('bbbbb\n');
    append('c\n');
    expect(contents()).toEqual({ 'app.1.log': 'aaaaa\nbbbbb\n', 'app.log': 'c\n' });
  });

  test('lines of one append are spread over files, each whole', () => {
    const { append, contents } = opened({ maxBytes: 6 });
    append('aa\nbb\ncc\ndd\neeeeeeeeee\nf\n');
    expect(contents()).toEqual({
      'app.1.log': 'aa\nbb\n',
      'app.2.log': 'cc\ndd\n',
      'app.3.log': 'eeeeeeeeee\n',
      'app.log': 'f\n',
    });
  });

  test('numbers go on after those of an earlier run, also compressed ones; other files are left alone', () => {
    const others = ['app.20261123.log', 'app.01.log', 'app.log.1', 'app.x.log', 'other.9.log'];
    const { append, contents } = opened({ maxBytes: 3, keep: { ...none, count: 1 } }, (path) => {
      for (const name of [...others, 'app.41.log.gz']) writeFileSync(join(path, '..', name), 'x');
    });
    append('a\n');
    append('b\n');
    append('c\n');
    expect(contents()).toEqual({
      ...Object.fromEntries(others.map((name) => [name, 'x'])),
      'app.43.log': 'b\n',
      'app.log': 'c\n',
    });
  });

  test('no limit of size, no rolling', () => {
    const { append, contents } = opened({ maxBytes: 0 });
    for (let n = 0; n < 100; n++) append('x'.repeat(1000).concat('\n'));
    expect(Object.keys(contents())).toEqual(['app.log']);
  });
});

describe('rolling by time', () => {
  test('a file of yesterday is rolled before the first line of today; an empty one never is', () => {
    const yesterday = (Date.now() - 86_400_000) / 1000;
    const { append, contents } = opened({ rollEvery: 'day' }, (path) => {
      writeFileSync(path, 'old\n');
      utimesSync(path, yesterday, yesterday);
    });
    append('new\n');
    append('newer\n');
    expect(contents()).toEqual({ 'app.1.log': 'old\n', 'app.log': 'new\nnewer\n' });
    const other = opened({ rollEvery: 'hour' }, (path) => {
      writeFileSync(path, '');
      utimesSync(path, yesterday, yesterday);
    });
    other.append('first\n');
    expect(other.contents()).toEqual({ 'app.log': 'first\n' });
  });
});

describe('retention', () => {
  test('0 backups keeps none', () => {
    const { append, contents } = opened({ maxBytes: 2, keep: { ...none, count: 0 } });
    append('a\nb\nc\n');
    expect(contents()).toEqual({ 'app.log': 'c\n' });
  });

  test('limits hold from the first line on, also for what an earlier run left; so are things that dead processes left', () => {
    const longAgo = (Date.now() - 120_000) / 1000;
    const { append, contents } = opened({ keep: { count: 3, ageMs: 60_000, bytes: 5 } }, (path) => {
      const made: [string, string, number?][] = [
        ['app.1.log', 'x'],
        ['app.2.log', 'yy', longAgo],
        ['app.3.log', '', longAgo],
        ['app.4.log', 'zzz'],
        ['app.5.log', 'vv'],
        ['app.5.log.gz.part', 'p', longAgo],
        ['app.log.rotating.12', 'host 1', longAgo],
        ['app.log.rotating.13', 'host 1'],
        ['app.log.rotating.mine', 'x', longAgo],
      ];
      for (const [name, content, time] of made) {
        writeFileSync(join(path, '..', name), content);
        if (time !== undefined) utimesSync(join(path, '..', name), time, time);
      }
    });
    append('a\n');
    expect(contents()).toEqual({
      'app.4.log': 'zzz',
      'app.5.log': 'vv',
      'app.log': 'a\n',
      'app.log.rotating.13': 'host 1',
      'app.log.rotating.mine': 'x',
    });
  });
});

describe('files and directories', () => {
  test('permissions are those set, whatever the umask; directories are made with 0750', () => {
    const strict = runWithUmask('077', { mode: 0o664, maxBytes: 2 });
    expect(strict).toEqual({ 'deep/er/app.1.log': '664', 'deep/er/app.log': '664', deep: '700', 'deep/er': '700' });
    expect(runWithUmask('022', { mode: 0o600, maxBytes: 0 })).toEqual({
      'deep/er/app.log': '600',
      deep: '750',
      'deep/er': '750',
    });
  });

  test('the permissions of a file that was there stay', () => {
    const { append, path } = opened({ mode: 0o600 }, (made) => {
      writeFileSync(made, '');
      chmodSync(made, 0o644);
    });
    append('a\n');
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test('a symbolic link stays one, what it points to is rolled, even if it did not exist', () => {
    const real = temporaryDirectory();
    const { append, path } = opened({ maxBytes: 2 }, (made) => symlinkSync(join(real, 'x/real.log'), made));
    append('a\nb\n');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(real, 'x')).toSorted()).toEqual(['real.1.log', 'real.log']);
    expect(readFileSync(path, 'utf8')).toBe('b\n');
  });

  for (const [kind, make] of [
    ['a directory', (path: string): unknown => mkdirSync(path)],
    ['a fifo', (path: string): unknown => execFileSync('mkfifo', [path])],
    ['a device', (path: string): unknown => symlinkSync('/dev/null', path)],
  ] as const) {
    test(`${kind} is not written to, and the error says so`, () => {
      const { file, path } = opened({}, make);
      const appended = file.append(Buffer.from('a\n'));
      expect(appended).toMatchObject({
        status: 'failed',
        unwritten: Buffer.from('a\n'),
        error: new Error(`cannot append to ${path}: it must be a regular file, and it is ${kind}`),
      });
    });
  }

  test('after a rename, a deletion, a removed directory the next line is in a new file at once', () => {
    const { append, path, directory, contents } = opened();
    append('1\n');
    renameSync(path, join(directory, 'moved'));
    append('2\n');
    rmSync(path);
    append('3\n');
    expect(contents()).toEqual({ moved: '1\n', 'app.log': '3\n' });
    rmSync(directory, { recursive: true });
    append('4\n');
    expect(contents()).toEqual({ 'app.log': '4\n' });
  });

  test('a file that was emptied goes on from its start', () => {
    const { append, path, contents } = opened({ maxBytes: 5 });
    append('1\n2\n');
    writeFileSync(path, '');
    append('3\n4\n');
    expect(contents()).toEqual({ 'app.log': '3\n4\n' });
  });

  test('after close the next line opens the file again', () => {
    const { append, file, contents } = opened();
    append('1\n');
    file.close();
    append('2\n');
    expect(contents()).toEqual({ 'app.log': '1\n2\n' });
  });
});

describe('rolling that cannot be done', () => {
  test('a claim of a dead process is taken at once', () => {
    const { append, path, contents } = opened({ maxBytes: 2 });
    append('1\n');
    const dead = execFileSync(process.execPath, ['-p', 'process.pid + " " + os.hostname()']).toString().trim();
    const [pid, host] = dead.split(' ');
    writeFileSync(`${path}.rotating.${statSync(path).ino}`, `${host} ${pid}`);
    append('2\n');
    expect(contents()).toEqual({ 'app.1.log': '1\n', 'app.log': '2\n' });
  });

  test('a claim is a link that names its owner, or a file where links cannot be made', () => {
    const { append, path } = opened({ maxBytes: 2 });
    append('1\n');
    const claim = `${path}.rotating.${statSync(path).ino}`;
    symlinkSync(`${hostname()} ${process.pid}`, claim);
    append('2\n');
    expect(readFileSync(path, 'utf8')).toBe('1\n2\n');
    rmSync(claim);
    symlinkSync(`${hostname()} 4194305`, claim);
    for (let n = 0; readdirSync(join(path, '..')).length < 3; n++) append('3\n');
    expect(readFileSync(path, 'utf8')).toBe('3\n');
  });

  test('a claim of a living process is waited for, then the file gets too long: no line is lost', () => {
    const { append, path, said, contents } = opened({ maxBytes: 2 });
    append('1\n');
    const claim = `${path}.rotating.${statSync(path).ino}`;
    writeFileSync(claim, 'another-host 1');
    append('2\n');
    append('3\n');
    expect(contents()['app.log']).toBe('1\n2\n3\n');
    const longAgo = Date.now() / 1000 - 3;
    utimesSync(claim, longAgo, longAgo);
    // The pause after the waiting is over at some time.
    for (let n = 0; contents()['app.1.log'] === undefined; n++) append('4\n');
    expect(said).toEqual([]);
    expect(contents()['app.log']).toBe('4\n');
  });

  test('trouble with backups is reported, and costs no line', () => {
    const { append, path, said } = opened({ maxBytes: 2 });
    append('1\n');
    const claim = `${path}.rotating.${statSync(path).ino}`;
    // Old enough to be deleted, and nothing that can be.
    mkdirSync(claim);
    const longAgo = Date.now() / 1000 - 3;
    utimesSync(claim, longAgo, longAgo);
    append('2\n');
    expect(readFileSync(path, 'utf8')).toBe('1\n2\n');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^cannot roll \/.*app\.log: .*; its lines are written all the same$/);
  });
});

describe('between the look and the write', () => {
  test('a short write at any byte: each line is whole in the file or was given back, never both', () => {
    const lines = 'first\nsecond\nthird\n';
    for (let cut = 1; cut < lines.length; cut++) {
      const { file, contents, path } = opened();
      fullAfter(cut);
      const appended = file.append(Buffer.from(lines));
      replaceWrite(realWrite);
      // The last line may lack only its break: then all are written.
      expect(appended.status).toBe(cut === lines.length - 1 ? 'written' : 'failed');
      const unwritten = appended.status === 'failed' ? appended.unwritten.toString() : '';
      // Another writer of the same file comes first.
      const other = new RollingFile(settingsOf(path), () => undefined);
      expect(other.append(Buffer.from('later\n')).status).toBe('written');
      other.close();
      const inFile = (contents()['app.log'] ?? '').split('\n').filter((line) => line.length > 4);
      const whole = inFile.filter((line) => ['first', 'second', 'third'].includes(line));
      expect([...whole, ...unwritten.trimEnd().split('\n')].filter((line) => line !== '')).toEqual([
        'first',
        'second',
        'third',
      ]);
      expect(contents()['app.log']?.endsWith('\nlater\n') ?? false).toBe(true);
      expect(contents()['app.log']).not.toContain('\n\n');
    }
  });

  test('a short write that is followed by room: the line is written again whole', () => {
    const { append, contents } = opened();
    let isFirst = true;
    replaceWrite(((fd: number, buffer: Buffer) => {
      const bytes = isFirst ? 8 : buffer.length;
      isFirst = false;
      return realWrite(fd, buffer, 0, bytes);
    }) as typeof fs.writeSync);
    append('first\nsecond\n');
    expect(contents()).toEqual({ 'app.log': 'first\nse\nsecond\n' });
  });

  test('a half line of a killed writer is ended before ours', () => {
    const { append, path, contents } = opened({}, (made) => writeFileSync(made, 'whole\nha'));
    append('1\n');
    appendFileSync(path, 'lf');
    append('2\n');
    expect(contents()).toEqual({ 'app.log': 'whole\nha\n1\nlf\n2\n' });
  });

  test('a half line that comes just before our write: our first line is written again', () => {
    const { append, path, contents } = opened();
    append('0\n');
    before(() => appendFileSync(path, 'ha'));
    append('1\n2\n');
    expect(contents()).toEqual({ 'app.log': '0\nha1\n2\n1\n' });
  });

  test('a whole line that comes just before our write changes nothing', () => {
    const { append, path, contents } = opened();
    append('0\n');
    before(() => appendFileSync(path, 'other\n'));
    append('1\n');
    append('2\n');
    expect(contents()).toEqual({ 'app.log': '0\nother\n1\n2\n' });
  });

  test('a deletion just before our write: it is made again under the name', () => {
    const { append, path, contents } = opened();
    append('0\n');
    before(() => rmSync(path));
    append('1\n');
    expect(contents()).toEqual({ 'app.log': '1\n' });
  });

  test('a rename just before our write: the line is in the renamed file, once', () => {
    const { append, path, directory, contents } = opened();
    append('0\n');
    before(() => {
      linkSync(path, join(directory, 'moved'));
      rmSync(path);
    });
    append('1\n');
    append('2\n');
    expect(contents()).toEqual({ moved: '0\n1\n', 'app.log': '2\n' });
  });

  test('our descriptor, closed by somebody else and given to another file, is not used a second time', () => {
    const { append, path, directory, contents } = opened();
    append('0\n');
    let stolen = -1;
    before((fd) => {
      fs.closeSync(fd);
      stolen = openSync(join(directory, 'foreign'), 'w');
      expect(stolen).toBe(fd);
    });
    append('1\n');
    append('2\n');
    expect(contents()['app.log']).toBe('0\n1\n2\n');
    expect(statSync(path).size).toBe(6);
    fs.closeSync(stolen);
  });
});

/** Once, right before the next write. */
function before(act: (fd: number) => void): void {
  replaceWrite(((fd: number, buffer: Buffer) => {
    replaceWrite(realWrite);
    act(fd);
    return realWrite(fd, buffer);
  }) as typeof fs.writeSync);
}

/** A disk with room for so many bytes. */
function fullAfter(bytes: number): void {
  let room = bytes;
  replaceWrite(((fd: number, buffer: Buffer) => {
    if (buffer.length > 0 && room === 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const written = realWrite(fd, buffer, 0, Math.min(room, buffer.length));
    room -= written;
    return written;
  }) as typeof fs.writeSync);
}

function runWithUmask(umask: string, given: Partial<LogFileSettings>): Record<string, string> {
  const directory = temporaryDirectory();
  const program = `
    const { RollingFile } = await import(${JSON.stringify(new URL('../../dist/src/files/rolling-file.js', import.meta.url).href)});
    process.umask(0o${umask});
    const file = new RollingFile(${JSON.stringify(settingsOf(join(directory, 'deep/er/app.log'), given))}, console.error);
    file.append(Buffer.from('a\\n'));
    file.append(Buffer.from('b\\n'));`;
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(names.map((name) => [name, (statSync(join(directory, name)).mode & 0o777).toString(8)]));
}
