/** What the start of a program that does nothing says on stderr: for variables whose effect is on log files (test/logs/settings.test.ts). */
import { expect } from 'vitest';

import { runApp } from '../support/run-app.ts';

/** @returns The lines in their order, without telemetry that would be sent. Checks that the program itself saw nothing of it. */
export async function saidAtStart(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  // As if it were not set: runApp() puts the files of other tests out of the way.
  const usual = { REQLENS_LOG_DIR: 'logs/publish-sync-logs' };
  const { code, stdout, stderr } = await runApp('test/apps/plain-program.mjs', { env: { ...none, ...usual, ...env } });
  expect({ code, stdout }).toEqual({ code: 3, stdout: 'done\n' });
  return stderr.split('\n').slice(0, -1);
}

/** @returns `log-dir=` and `loggers=` of the start-up line. */
export function loggersInForce(lines: readonly string[]): string | undefined {
  return lines.flatMap((line) => /^reqlens: started .* (log-dir=\S+ loggers=\S+)$/.exec(line)?.[1] ?? [])[0];
}

/** @returns From `privileged-roles=` to `usage-path=` of the start-up line. */
export function usageInForce(lines: readonly string[]): string | undefined {
  return lines.flatMap((line) => /^reqlens: started .* (privileged-roles=.*) log-dir=/.exec(line)?.[1] ?? [])[0];
}
