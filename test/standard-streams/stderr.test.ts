/** What we have to say goes to stderr, whatever stderr is; and whatever it is, the application goes on as without us. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reqlens-stderr-'));
afterAll(() => rmSync(folder, { recursive: true }));

const node = process.env['REQLENS_TEST_NODE'] ?? process.execPath;
const program = 'test/standard-streams/apps/reported.mjs';
const preload = ['--import', './register.js'];
/** Nothing listens on port 9, and the sampler is none. */
const env = {
  PATH: process.env['PATH'],
  OTEL_TRACES_SAMPLER: 'nonsense',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  REQLENS_LOG_DIR: folder,
  REQLENS_LOG_CONSOLE: 'false',
};
const samplerLine =
  /^reqlens: OTEL_TRACES_SAMPLER="nonsense" is not usable: expected .*; parentbased_always_on is used$/m;

interface Run {
  readonly stderr: number | 'pipe';
  readonly where?: 'main' | 'worker';
  readonly nodeArgs?: readonly string[];
}

function started({ stderr, where = 'main', nodeArgs = preload }: Run) {
  const child = spawn(node, [...nodeArgs, program, where], { cwd: checkout, env, stdio: ['ignore', 'pipe', stderr] });
  const stdout = text(child.stdout as Readable);
  const exit = new Promise<number | null>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('the process stood still'));
    }, 15_000);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
  return { child, ended: Promise.all([exit, stdout]) };
}

const asWithoutUs = [3, 'application line\n'];

function fifo(): { readonly reader: number; readonly writer: number } {
  const path = join(folder, `pipe-${Math.random()}`);
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

/** To the last byte, without waiting: a second opening is a description of its own. */
function fill(writer: number): void {
  const filler = openSync(`/proc/self/fd/${writer}`, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (const size of [4096, 1]) {
      try {
        for (;;) writeSync(filler, Buffer.alloc(size, 'x'));
      } catch {
        // EAGAIN: it is full.
      }
    }
  } finally {
    closeSync(filler);
  }
}

for (const where of ['main', 'worker'] as const) {
  describe(`reports of the ${where === 'main' ? 'main thread' : 'main thread and of a worker'}`, () => {
    test('to a pipe whose reader has gone', async () => {
      const { reader, writer } = fifo();
      closeSync(reader);
      const { ended } = started({ stderr: writer, where });
      expect(await ended).toEqual(asWithoutUs);
      closeSync(writer);
    });

    test('to a socket whose reader has gone', async () => {
      const { child, ended } = started({ stderr: 'pipe', where });
      child.stderr?.destroy();
      expect(await ended).toEqual(asWithoutUs);
    });

    test.skipIf(!existsSync('/proc/self/fd'))('to a pipe that is full and not read', async () => {
      const { reader, writer } = fifo();
      fill(writer);
      const { ended } = started({ stderr: writer, where });
      expect(await ended).toEqual(asWithoutUs);
      for (const fd of [reader, writer]) closeSync(fd);
    });

    test.skipIf(!existsSync('/dev/full'))('to a full disk', async () => {
      const full = openSync('/dev/full', 'w');
      const { ended } = started({ stderr: full, where });
      expect(await ended).toEqual(asWithoutUs);
      closeSync(full);
    });
  });
}

test.skipIf(!existsSync('/proc/self/fd'))('a socket that is full and not read is not waited for', async () => {
  // The parent of both leaves its socket unread; `sh` fills it for the program that it becomes.
  const script = `exec 3>&2; ${node} -e 'const fs = require("fs"); new (require("net").Socket)({ fd: 3, readable: false }); try { for (;;) fs.writeSync(3, "x".repeat(4096)) } catch {}'; exec ${node} ${preload.join(' ')} ${program}`;
  const child = spawn('sh', ['-c', script], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = text(child.stdout);
  const code = await new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.stderr.destroy();
  expect([code, await stdout]).toEqual(asWithoutUs);
});

test('a closed stderr is no reason to fail', async () => {
  const child = spawn('sh', ['-c', `exec ${node} ${preload.join(' ')} ${program} 2>&-`], { cwd: checkout, env });
  expect(await text(child.stdout)).toBe('application line\n');
});

for (const kind of ['pipe', 'socket'] as const) {
  test(`a ${kind} that is read gets every report, and nothing goes through process.stderr`, async () => {
    const { reader, writer } = kind === 'pipe' ? fifo() : { reader: undefined, writer: 'pipe' as const };
    const nodeArgs = ['--import', './test/standard-streams/apps/watched.mjs', ...preload];
    const { child, ended } = started({ stderr: writer, nodeArgs });
    const read = child.stderr === null ? undefined : text(child.stderr);
    expect(await ended).toEqual(asWithoutUs);
    const buffer = Buffer.alloc(65_536);
    const said = (await read) ?? buffer.toString('utf8', 0, readSync(reader ?? 0, buffer));
    expect(said).toMatch(samplerLine);
    expect(
      said
        .split('\n')
        .slice(0, -1)
        .every((line) => line.startsWith('reqlens: ')),
    ).toBe(true);
  });
}

test.skipIf(!existsSync('/usr/bin/script'))('a terminal gets them too', () => {
  const command = `${node} ${preload.join(' ')} ${program}`;
  const output = execFileSync('/usr/bin/script', ['-qec', `${command}; true`, '/dev/null'], {
    cwd: checkout,
    env,
  }).toString();
  expect(output.replaceAll('\r', '')).toMatch(samplerLine);
});
