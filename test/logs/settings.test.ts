/** What the settings of loggers do to lines and files: REQLENS_LOG*, REQLENS_LOGGERS*, REQLENS_BRIDGE_*. Several loggers in one process. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { logsOf } from '../support/otlp-json.ts';
import type { PlainLogRecord } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';

let root = '';
let logs = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reqlens-settings-'));
  // Neither exists yet.
  logs = join(root, 'deep/logs');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Seen extends AppExit {
  readonly records: readonly PlainLogRecord[];
}

async function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Seen> {
  const receiver = await startOtlpReceiver();
  const exit = await runApp('test/logs/apps/settings.mjs', {
    args,
    killAfterMs: 50_000,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_SHUTDOWN_TIMEOUT: '10000',
      REQLENS_LOG_DIR: logs,
      ...env,
    },
  });
  await receiver.close();
  expect(exit.code).toBe(0);
  return { ...exit, records: logsOf(receiver.requests) };
}

function linesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  expect(text.endsWith('\n')).toBe(true);
  return text.split('\n').slice(0, -1);
}

/** Messages of JSON lines. */
function messagesOf(lines: readonly string[]): unknown[] {
  return lines.map((line): unknown => JSON.parse(line).msg);
}

function messagesIn(name: string): unknown[] {
  return messagesOf(linesOf(join(logs, name)));
}

test('level, file, format, console, otlp, propagate, mode, redaction and length are as configured, logger by logger', async () => {
  const elsewhere = join(root, 'elsewhere/exact.log');
  const { stdout, stderr, records } = await run(
    ['lines', 'publish_sync', 'audit', 'quiet', 'parent.child', 'exact', 'webhooks', 'unconfigured'],
    {
      REQLENS_LOGGERS: [
        'audit:file=audit.txt:level=debug:format=text:console=no:otlp=no',
        'quiet:file=none:otlp=no',
        'parent:console=no:otlp=no',
        'parent.child:file=none:console=no:otlp=yes:propagate=yes',
        `exact:file=${elsewhere}:console=no`,
        'webhooks:level=debug:console=no',
      ].join(','),
      REQLENS_LOG_LEVEL_WEBHOOKS: 'error',
      REQLENS_LOG_LEVEL_UNCONFIGURED: 'debug',
      REQLENS_LOG_FILE_MODE: '0600',
      REQLENS_LOG_REDACT: 'default,user.email',
      REQLENS_LOG_MAX_LINE: '1024',
    },
  );
  const usual = ['at info', 'at error'];
  // Files: those with lines, and no other.
  expect(readdirSync(logs).toSorted()).toEqual(['audit.txt', 'parent.log', 'publish_sync.log', 'webhooks.log']);
  expect(messagesIn('publish_sync.log')).toEqual([...usual, 'a long line']);
  expect(messagesIn('parent.log')).toEqual(usual);
  expect(messagesIn('webhooks.log')).toEqual(['at error']);
  expect(messagesOf(linesOf(elsewhere))).toEqual(usual);
  expect(statSync(join(logs, 'publish_sync.log')).mode & 0o777).toBe(0o600);
  // Text: time, level, message, then pairs.
  const audit = linesOf(join(logs, 'audit.txt'));
  expect(
    audit.map((line) =>
      line
        .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, 'TIME')
        .split(' - ')
        .slice(0, 2)
        .join(' - '),
    ),
  ).toEqual(['TIME - DEBUG', 'TIME - INFO', 'TIME - ERROR']);
  expect(audit[1]).toContain(' - INFO - at info ');
  expect(audit[1]).toContain(' order=7');
  // The console: loggers that have it, and one that nobody configured, which has nothing else.
  const console = stdout.split('\n').filter((line) => line.startsWith('{'));
  const count = (name: string): number => console.filter((line) => JSON.parse(line).logger === name).length;
  expect(['publish_sync', 'audit', 'quiet', 'parent.child', 'exact', 'webhooks', 'unconfigured'].map(count)).toEqual([
    3, 0, 2, 0, 0, 0, 3,
  ]);
  const sent = (name: string): unknown[] => records.filter(({ scope }) => scope === name).map(({ body }) => body);
  expect(['audit', 'quiet', 'parent'].flatMap(sent)).toEqual([]);
  expect(['parent.child', 'exact', 'webhooks'].map(sent)).toEqual([usual, usual, ['at error']]);
  // One hint about the logger that nobody configured, and nothing else.
  expect(stderr).toMatch(/^reqlens: [^\n]*unconfigured[^\n]*\n$/);
  // Secrets are nowhere, what stands beside them is.
  const everything = [
    stdout,
    JSON.stringify(records),
    ...readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8')),
  ].join('\n');
  expect(everything).not.toContain('hunter2');
  expect(everything).toContain('Ann');
  // A line that is too long is cut, and still JSON.
  const long = linesOf(join(logs, 'publish_sync.log')).at(-1) ?? '';
  expect(long.length).toBeLessThanOrEqual(1024);
});

test('size, backups, age, bytes, time and compression are as configured, and no console means none', async () => {
  const day = 86_400_000;
  mkdirSync(logs, { recursive: true });
  for (const [name, age] of [
    ['old.1.log', 3 * day],
    ['daily.log', day],
  ] as const) {
    const time = new Date(Date.now() - age);
    writeFileSync(join(logs, name), `${JSON.stringify({ level: 'info', time: time.toISOString(), msg: 'before' })}\n`);
    utimesSync(join(logs, name), time, time);
  }
  const { stdout } = await run(['many', 'many', 'single', 'bytes', 'old', 'daily', 'zip'], {
    REQLENS_LOG_CONSOLE: 'false',
    REQLENS_LOG_MAX_SIZE: '1KB',
    REQLENS_LOG_BACKUPS: '3',
    REQLENS_LOG_BACKUP_AGE: '1000d',
    REQLENS_LOGGERS: [
      'many',
      'single:size=0',
      'bytes:backups=unlimited:total=2KB',
      'old:backups=unlimited:age=1d',
      'daily:size=unlimited:roll=daily',
      'zip:backups=unlimited:gzip=yes',
    ].join(','),
    OTEL_LOGS_EXPORTER: 'none',
  });
  expect(stdout).toBe('');
  const files = (name: string): string[] => readdirSync(logs).filter((each) => each.startsWith(`${name}.`));
  const sizes = (name: string): number[] => files(name).map((each) => statSync(join(logs, each)).size);
  // The newest lines are in the current file and three backups, each within the limit.
  expect(files('many')).toHaveLength(4);
  expect(Math.max(...sizes('many'))).toBeLessThanOrEqual(1024);
  expect(messagesIn('many.log').at(-1)).toBe('line 39');
  expect(files('single')).toEqual(['single.log']);
  expect(messagesIn('single.log')).toHaveLength(40);
  const backupBytes = files('bytes')
    .filter((name) => name !== 'bytes.log')
    .map((name) => statSync(join(logs, name)).size);
  expect(backupBytes.length).toBeGreaterThan(0);
  expect(backupBytes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(2048);
  expect(files('old').length).toBeGreaterThan(3);
  // The old one is gone; its number is free again, because no other backup was there.
  expect(files('old').flatMap(messagesIn)).toEqual(Array.from({ length: 40 }, (_, index) => `line ${index}`));
  expect(messagesIn('daily.1.log')).toEqual(['before']);
  expect(messagesIn('daily.log')).toHaveLength(40);
  expect(messagesIn('zip.1.log.gz')[0]).toBe('line 0');
  // A backup is compressed when no process can write into it any more, ten seconds after it was closed.
}, 60_000);

test('with REQLENS_LOG_SYNC a line is in the file when the call returns, in the format for all', async () => {
  const { stdout } = await run(['sync', 'publish_sync'], { REQLENS_LOG_SYNC: 'true', REQLENS_LOG_FORMAT: 'text' });
  expect(stdout).toContain('printed true\n');
  expect(linesOf(join(logs, 'publish_sync.log'))).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z - INFO - at once( |$)/),
  ]);
});

test('levels in REQLENS_LOGGERS_FILE are followed while the process runs, unless the environment sets them', async () => {
  const path = join(root, 'loggers.json');
  writeFileSync(path, '{"loggers":{"followed":{"level":"warn"}}}');
  const { stdout } = await run(['levels', 'followed', 'fixed'], {
    REQLENS_LOGGERS_FILE: path,
    REQLENS_LOGGERS: 'fixed:level=error',
  });
  const printed = stdout.split('\n').filter((line) => line.startsWith('printed '));
  expect(printed).toEqual(['printed [false,false]', 'printed [true,false]']);
  expect(messagesIn('followed.log')).toEqual(['now at debug']);
});

test("lines of the application's own pino and console reach the collector when they are bridged", async () => {
  const { records, stdout } = await run(['foreign'], { REQLENS_BRIDGE_PINO: 'true', REQLENS_BRIDGE_CONSOLE: 'true' });
  expect(records.map(({ body }) => String(body)).toSorted()).toEqual(['from console', 'from pino']);
  // What the application prints stays as it is.
  expect(stdout).toContain('from console\n');
  expect((await run(['foreign'], {})).records).toEqual([]);
});

test('REQLENS_LOG_FILE_DRIVER=pino-roll lets that package write the file', async () => {
  await run(['lines', 'publish_sync'], { REQLENS_LOG_FILE_DRIVER: 'pino-roll', OTEL_LOGS_EXPORTER: 'none' });
  // It numbers the current file too.
  expect(messagesIn('publish_sync.1.log')).toEqual(['at info', 'at error', 'a long line']);
});
