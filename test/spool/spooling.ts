/** Runs test/spool/apps/spooling.mjs with a spool of its own, and looks into that. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach } from 'vitest';

import { runApp, startApp } from '../support/run-app.ts';
import type { AppExit, RunningApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';
import type { ScriptedOptions, ScriptedReceiver } from '../support/scripted-receiver.ts';

const program = 'test/spool/apps/spooling.mjs';
const folders: string[] = [];
const receivers: ScriptedReceiver[] = [];
const apps: RunningApp[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) app.signal('SIGKILL');
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A directory that is not there yet, in one that is. */
export function newSpool(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-spool-'));
  folders.push(folder);
  return join(folder, 'spool');
}

/** Closed after the test. */
export async function receiverOn(port: number, options: Omit<ScriptedOptions, 'port'> = {}): Promise<ScriptedReceiver> {
  const receiver = await startScriptedReceiver({ port, ...options });
  receivers.push(receiver);
  return receiver;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Batches are small and leave at once. */
export function spoolEnv(port: number, spool: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_BLRP_SCHEDULE_DELAY: '50',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '10',
    REQLENS_SPOOL_DIR: spool,
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
  };
}

/** Killed after the test, if it is still there. */
export async function spoolingApp(env: Env, nodeArgs?: readonly string[]): Promise<RunningApp> {
  const app = await startApp(program, { env, killAfterMs: 60_000, ...(nodeArgs === undefined ? {} : { nodeArgs }) });
  // A test that kills it, or leaves it running, does not wait for its end.
  app.exit.catch(() => undefined);
  apps.push(app);
  return app;
}

export async function spoolingScript(args: readonly string[], env: Env): Promise<AppExit> {
  return runApp(program, { args: ['script', ...args], env });
}

/** Names of whole batches: those that wait, and those that somebody is sending. */
export function spooledFiles(spool: string): string[] {
  return existsSync(spool)
    ? readdirSync(spool)
        .filter((name) => name.includes('.otlp'))
        .toSorted()
    : [];
}

/** Items in whole batches of a signal. */
export function spooledCount(spool: string, signal: 'trace' | 'logs' | 'metrics'): number {
  return spooledFiles(spool)
    .map((name) => name.split('.'))
    .reduce((sum, [, , itsSignal, count]) => sum + (itsSignal === signal ? Number(count) : 0), 0);
}

/** `<name> span 0`, ... */
export function spanNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} span ${index}`).toSorted();
}

export function lineNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} line ${index}`).toSorted();
}

/** What arrived of `spanNames`, doubles and all. */
export function arrivedSpans(receiver: ScriptedReceiver, name: string): string[] {
  return receiver
    .spans()
    .map((span) => span.name)
    .filter((each) => each.startsWith(`${name} span`))
    .toSorted();
}

export function arrivedLines(receiver: ScriptedReceiver, name: string): string[] {
  return receiver
    .logs()
    .map(({ attributes }) => String(attributes['name']))
    .filter((each) => each.startsWith(`${name} line`))
    .toSorted();
}
