/** What becomes of lines when a process exits right after them, and when the disk is full half-way. Programs of bench/logs. */
import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Disk } from '../chaos/disk.ts';

export interface FileVariant {
  readonly name: string;
  readonly writer: string;
  readonly nodeArgs: readonly string[];
}

const register = fileURLToPath(new URL('../../register.js', import.meta.url));

export const fileVariants: readonly FileVariant[] = [
  { name: 'reqlens', writer: 'reqlens', nodeArgs: ['--import', register] },
  { name: 'pino, sync', writer: 'pino-sync', nodeArgs: [] },
  { name: 'pino-roll, main thread', writer: 'pino-roll-main', nodeArgs: [] },
  { name: 'pino-roll, worker', writer: 'pino-roll-worker', nodeArgs: [] },
  { name: 'winston, daily-rotate-file', writer: 'winston', nodeArgs: [] },
];

export interface FileOutcome {
  readonly lines: number;
  /** In no file and not on the console. */
  readonly lost: number;
  readonly how: string;
}

const exitLines = 5000;
/** Twice what the disk holds. */
const fullLines = 20_000;
const diskMb = 2;
const killAfterMs = 20_000;

export async function atExit(variant: FileVariant): Promise<FileOutcome> {
  const disk = new Disk(64);
  try {
    return await run(variant, disk, { kind: 'exit', lines: exitLines });
  } finally {
    disk.remove();
  }
}

/** Undefined where no small disk can be had. */
export async function onFullDisk(variant: FileVariant): Promise<FileOutcome | undefined> {
  const disk = new Disk(diskMb);
  try {
    return disk.canBeFull ? await run(variant, disk, { kind: 'loss', lines: fullLines }) : undefined;
  } finally {
    disk.remove();
  }
}

interface Task {
  readonly kind: 'exit' | 'loss';
  readonly lines: number;
}

async function run({ writer, nodeArgs }: FileVariant, disk: Disk, { kind, lines }: Task): Promise<FileOutcome> {
  mkdirSync(disk.logs);
  const task = { kind, process: 1, directory: disk.logs, maxBytes: 1_000_000, backups: 20, lines, writer };
  const script = fileURLToPath(new URL('../logs/app.cjs', import.meta.url));
  const child = spawn(process.execPath, [...nodeArgs, script, JSON.stringify(task)], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_LOGGERS: 'bench:file=bench.log:console=false',
      REQLENS_LOG_DIR: disk.logs,
      REQLENS_LOG_MAX_SIZE: '1000000',
      REQLENS_LOG_BACKUPS: '20',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  child.once('close', (code, signal) => resolve(signal === 'SIGKILL' ? 'hangs' : `exit code ${code}`));
  const how = await promise;
  clearTimeout(timer);
  const found = new Set([...filesIn(disk.logs), said].flatMap(numbersIn));
  return { lines, lost: lines - found.size, how };
}

function filesIn(directory: string): string[] {
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .filter((path) => lstatSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'));
}

/** Of whole messages, as app.cjs writes them. */
function numbersIn(text: string): string[] {
  return [...text.matchAll(/<(\d+-\d{7}) x{104}>/g)].map(([, number]) => number ?? '');
}
