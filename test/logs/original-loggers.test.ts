/** The original's configuration writes, byte for byte, what docs/log-lines.md says. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';

const requestId = '01a20a44-8873-75c0-87dc-14ac521f88e8';
const folder = mkdtempSync(join(tmpdir(), 'reqlens-original-'));
const logs = join(folder, 'logs', 'publish-sync-logs');
const document = readFileSync(new URL('../../docs/log-lines.md', import.meta.url), 'utf8');
let stdout = '';

beforeAll(async () => {
  // The clock is the one thing that must not be real: it stands still at the time of the document.
  const nodeArgs = ['--import', './register.js', '--import', './test/logs/apps/stopped-clock.mjs'];
  const app = await startApp('examples/original-loggers/publish.js', {
    nodeArgs,
    env: {
      PORT: '0',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_LOGGERS_FILE: 'examples/original-loggers/loggers.yaml',
      REQLENS_LOG_DIR: logs,
    },
  });
  await app.get('/publish/7', { 'x-request-id': requestId });
  app.signal('SIGTERM');
  ({ stdout } = await app.exit);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines that the document shows for a file. */
function documented(file: string): string {
  const block = new RegExp(`^\`${file.replace('.', String.raw`\.`)}\`\n\n\`\`\`text\n(?<lines>.*?)^\`\`\`$`, 'ms').exec(
    document,
  );
  return block?.groups?.['lines'] ?? `${file} is not in the document`;
}

test('three files are made, in a directory that was not there, and nothing else', () => {
  expect(readdirSync(logs).toSorted()).toEqual(['publish_sync.log', 'webhooks.log', 'wordpress-api.log']);
});

for (const file of ['publish_sync.log', 'wordpress-api.log', 'webhooks.log']) {
  test(`${file} is as documented, byte for byte, and readable by owner and group only`, () => {
    expect(readFileSync(join(logs, file), 'utf8')).toBe(documented(file));
    expect(statSync(join(logs, file)).mode & 0o777).toBe(0o640);
  });
}

test('the console has the same lines, in the order in which they were logged', () => {
  const lines = ['publish_sync.log', 'wordpress-api.log', 'webhooks.log'].map((file) => documented(file).split('\n'));
  const [publish = [], wordpress = [], webhooks = []] = lines;
  const expected = [publish[0], wordpress[0], webhooks[0], publish[1]];
  expect(stdout.split('\n').filter((line) => line.startsWith('2026-'))).toEqual(expected);
});
