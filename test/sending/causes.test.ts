/** The limit on what is said once: many of one kind never hide another kind. */

import { beforeEach, expect, test, vi } from 'vitest';

import type * as SelfReport from '../../src/export/self-report.ts';

let said: string[] = [];

beforeEach(() => {
  vi.resetModules();
  said = [];
});

async function fresh(): Promise<typeof SelfReport> {
  vi.doMock('../../src/standard-streams/say.ts', () => ({ say: (line: string) => said.push(line) }));
  return import('../../src/export/self-report.ts');
}

test('a thousand hints of one kind leave room for the first fault of every other', async () => {
  const { reportOnce, sayUnsaid, diagReport } = await fresh();
  for (let count = 0; count < 1000; count += 1) reportOnce(`hint ${count}`, `a hint ${count}`);
  for (let count = 0; count < 1000; count += 1) diagReport.warn(`warned of ${'x'.repeat(count % 50)}`);
  expect(said).toHaveLength(2 * 21);
  reportOnce('file /a', 'a fault');
  diagReport.error('a fault of the SDK');
  expect(said.slice(-2)).toEqual(['reqlens: a fault', 'reqlens: a fault of the SDK']);
  sayUnsaid();
  expect(said.at(-1)).toMatch(/^reqlens: \d+ reports were counted and not shown, each kind after its first 20$/);
  const before = said.length;
  sayUnsaid();
  expect(said).toHaveLength(before);
});

test('a spool that cannot be used is said once for each cause, whatever file it was, and hides nothing else', async () => {
  await fresh();
  const { reportSpoolNews } = await import('../../src/export/outcome-report.ts');
  for (let count = 0; count < 100; count += 1) {
    const reason = `EROFS: read-only file system, open '/spool/0123456789ab-${count}.part.1-2-3-0'`;
    reportSpoolNews({ kind: 'unusable', directory: '/spool', reason });
    reportSpoolNews({ kind: 'unreadable', directory: '/spool', reason });
    reportSpoolNews({
      kind: 'damaged',
      name: `${count}.otlp`,
      reason: `ELOOP: too many links, open '/${count}'`,
      itemCount: 1,
    });
  }
  reportSpoolNews({
    kind: 'unusable',
    directory: '/spool',
    reason: "ENOSPC: no space left on device, open '/spool/x'",
  });
  expect(said.map((line) => line.slice('reqlens: '.length).split(':')[0])).toEqual([
    'telemetry that the collector does not take cannot be kept in /spool and waits in memory',
    'what waits in /spool cannot be read at the moment and stays there',
    'the spooled batch 0.otlp is damaged and dropped',
    'telemetry that the collector does not take cannot be kept in /spool and waits in memory',
  ]);
});

test('kinds without end have an end, too', async () => {
  const { reportOnce } = await fresh();
  for (let count = 0; count < 10_000; count += 1) reportOnce(`kind${count} x`, 'something');
  expect(said.length).toBeLessThanOrEqual(50 + 21);
});

test('a name that every object has is a kind like any other', async () => {
  const { reportOnce } = await fresh();
  for (const name of ['constructor', '__proto__', 'toString', '']) reportOnce(name, name);
  expect(said).toHaveLength(4);
});
