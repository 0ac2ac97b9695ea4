/** Starts the program that logs, and says how it ended. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { LogVariant } from './variants.ts';

/** What the program does: see app.cjs. */
export interface WriterTask {
  readonly kind: 'cost' | 'loss' | 'exit';
  /** Which of several; part of every line. */
  readonly process: number;
  readonly directory: string;
  readonly maxBytes: number;
  readonly backups: number;
  readonly lines: number;
}

export interface CostTask extends WriterTask {
  readonly kind: 'cost';
  readonly warmup: number;
  /** Lines without pauses at the end; 0: none. */
  readonly atOnce: number;
  /** Until the last batch has been sent. */
  readonly settleMs: number;
  /** Where the result goes. */
  readonly result: string;
}

export interface CostResult {
  /** CPU per line of the thread that logs, in microseconds; undefined where Node does not tell. */
  readonly threadUs?: number;
  /** The same of the whole process. */
  readonly processUs: number;
  /** Undefined when not all of the lines came into the files. */
  readonly linesPerSecond?: number;
}

export interface Ended {
  readonly task: WriterTask;
  /** Undefined after a normal end. */
  readonly failure: string | undefined;
}

const killAfterMs = 120_000;

export function runWriter(variant: LogVariant, task: WriterTask, sinkUrl: string): Promise<Ended> {
  const script = fileURLToPath(new URL(variant.writer === 'python' ? 'writer.py' : 'app.cjs', import.meta.url));
  const program = variant.writer === 'python' ? 'python3' : process.execPath;
  const given = JSON.stringify({ ...task, writer: variant.writer });
  const child = spawn(program, [...variant.nodeArgs, script, given], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environmentFor(variant, task, sinkUrl) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  child.once('close', (code, signal) => {
    clearTimeout(timer);
    const reason = signal === 'SIGKILL' ? `hung for ${killAfterMs / 1000} s` : `ended with ${code ?? signal}`;
    const failure = code === 0 ? undefined : `${reason}: ${errorLine(said.replaceAll(task.directory, ''))}`;
    resolve({ task, failure });
  });
  return promise;
}

export function readCost({ result }: CostTask): CostResult {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by app.cjs or writer.py
  return JSON.parse(readFileSync(result, 'utf8')) as CostResult;
}

/** The first line that names an error, of a stack trace or of a traceback. */
function errorLine(said: string): string {
  const lines = said.trim().split('\n');
  return (lines.find((line) => /\b\w*(?:Error|E[A-Z]{3,}):/.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 160);
}

/** The same for all; nothing of our own environment goes to a child. */
function environmentFor(variant: LogVariant, task: WriterTask, sinkUrl: string): Readonly<Record<string, string>> {
  return {
    OTEL_SERVICE_NAME: 'bench',
    OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    // Only shortens the wait for the last batch.
    OTEL_BLRP_SCHEDULE_DELAY: '500',
    // Ten times the default: on a busy machine the receiver may stand still for a while, and what is dropped is cheap.
    OTEL_BLRP_MAX_QUEUE_SIZE: '20480',
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
    REQLENS_LOGGERS: 'bench:file=bench.log',
    REQLENS_LOG_DIR: task.directory,
    REQLENS_LOG_MAX_SIZE: String(task.maxBytes),
    REQLENS_LOG_BACKUPS: String(task.backups),
    ...variant.env,
  };
}
