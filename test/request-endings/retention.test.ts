/** Nothing is kept of requests that have ended: the short form of bench/retention, for those endings that nothing but us cleans up. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const endings =
  '/answered,/never,/detached,/detachedAndSilent,/assigned,/throws,/chatAccepted,CONNECT,upload broken off,pipelined and broken';

test('the heap is flat after 2,000 requests of each ending', { timeout: 180_000 }, () => {
  const args = ['bench/retention/main.ts', '--requests', '2000', '--only', endings, '--dry-run'];
  const printed = execFileSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' });
  expect(printed.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(10);
  expect(printed).not.toContain('grows');
});
