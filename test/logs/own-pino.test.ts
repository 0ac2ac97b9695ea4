/** The application's own pino: within a request its lines get the ids, and nothing else of them ever changes. */
import { describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';

const kinds = [
  'esm',
  'cjs',
  'child',
  'nested',
  'formatter',
  'no-base',
  'redact',
  'multistream',
  'transport',
  'throws',
] as const;
/** No exporters: this is about the lines. */
const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
/** The request comes with a trace: its id is that of the trace. */
const ids =
  /,"request_id":"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}","trace_id":"[\da-f]{32}","span_id":"[\da-f]{16}","trace_flags":"01"/g;

async function lines(kind: string, where: string): Promise<AppExit> {
  return runApp('test/logs/apps/own-pino.mjs', { args: [kind, where], env: quiet });
}

async function bareLines(kind: string, where: string): Promise<AppExit> {
  return runApp('test/logs/apps/own-pino.mjs', { args: [kind, where], nodeArgs: [] });
}

describe('lines of pino', () => {
  for (const kind of kinds) {
    test(`${kind}: outside a request every byte is pino's; within one the ids come in, once a line`, async () => {
      const bare = await bareLines(kind, 'program');
      expect(await lines(kind, 'program')).toEqual(bare);

      const { stdout, stderr, code } = await lines(kind, 'request');
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout.replaceAll(ids, '')).toBe(bare.stdout);
      const jsonLines = stdout.split('\n').filter((line) => line.startsWith('{'));
      expect(jsonLines.map((line) => line.match(ids)?.length)).toEqual(jsonLines.map(() => 1));
      expect(new Set(jsonLines.map((line): unknown => JSON.parse(line)['request_id'])).size).toBe(1);
    });
  }
});
