/**
 * What appending costs on the calling thread: our rolling file against sonic-boom in its synchronous mode, which is what pino writes a plain
 * file by. Run: node bench/rolling-file.ts (after npm run build).
 */
import { fstatSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pino from 'pino';

import { RollingFile } from '../src/files/rolling-file.ts';

interface Sink {
  readonly write: (line: string) => void;
  /** At the end of each turn. */
  readonly flush?: () => void;
}

interface SonicBoom {
  readonly write: (line: string) => void;
}

const directory = mkdtempSync(join(tmpdir(), 'reqlens-bench-'));
// pino's own: it is no dependency of ours.
const SonicBoom: new (options: object) => SonicBoom = createRequire(import.meta.resolve('pino'))('sonic-boom');

const sinks: Readonly<Record<string, () => Sink>> = {
  'pino to a plain file (sonic-boom, sync)': () => new SonicBoom({ dest: join(directory, 'plain.log'), sync: true }),
  'reqlens, one append for each turn': () => {
    const file = rollingFile('turn.log');
    let lines = '';
    return {
      write: (line) => {
        lines += line;
      },
      flush: () => {
        file.append(Buffer.from(lines));
        lines = '';
      },
    };
  },
  'reqlens, one append for each line': () => {
    const file = rollingFile('line.log');
    return { write: (line) => void file.append(Buffer.from(line)) };
  },
};

function rollingFile(name: string): RollingFile {
  const settings = {
    path: join(directory, name),
    maxBytes: 10_485_760,
    rollEvery: undefined,
    keep: { count: 3, ageMs: undefined, bytes: undefined },
    compresses: false,
    mode: 0o640,
    isSync: false,
    driver: 'reqlens',
  } as const;
  return new RollingFile(settings, console.error);
}

/** @returns Microseconds of CPU on this thread for each line, pino's part included. */
function costOfLine(sink: Sink, linesPerTurn: number): number {
  const log = pino({}, sink);
  const fields = { request_id: '0190c0de-0000-7000-8000-000000000000', trace_id: '0190c0de000070008000000000000000' };
  const lines = 120_000;
  const run = (count: number): void => {
    for (let n = 1; n <= count; n++) {
      log.info(fields, 'stock synchronised with shop');
      if (n % linesPerTurn === 0) sink.flush?.();
    }
  };
  run(20_000);
  // Makes the thread's figure exact: without it, it is that of the last scheduler tick.
  process.cpuUsage();
  const start = process.threadCpuUsage();
  run(lines);
  process.cpuUsage();
  const used = process.threadCpuUsage(start);
  return (used.user + used.system) / lines;
}

function least(measure: () => number): number {
  return Math.min(...Array.from({ length: 3 }, measure));
}

for (const linesPerTurn of [1, 3, 10]) {
  const costs = Object.entries(sinks).map(
    ([name, open]) => [name, least(() => costOfLine(open(), linesPerTurn))] as const,
  );
  const plain = costs[0]?.[1] ?? Number.NaN;
  for (const [name, us] of costs) {
    console.log(`${linesPerTurn} a turn  ${name.padEnd(42)} ${us.toFixed(2)} us a line  ${(us / plain).toFixed(2)}x`);
  }
}

const path = join(directory, 'calls.log');
const fd = openSync(path, 'a+');
const bytes = Buffer.alloc(190, 'x');
const calls: Readonly<Record<string, () => void>> = {
  'write alone': () => void writeSync(fd, bytes),
  'stat, write, fstat': () => {
    statSync(path, { throwIfNoEntry: false });
    writeSync(fd, bytes);
    fstatSync(fd);
  },
};
for (const [name, call] of Object.entries(calls)) {
  const us = least(() => {
    const start = process.cpuUsage();
    for (let n = 0; n < 50_000; n++) call();
    const used = process.cpuUsage(start);
    return (used.user + used.system) / 50_000;
  });
  console.log(`${name.padEnd(20)} ${us.toFixed(2)} us`);
}
rmSync(directory, { recursive: true });
