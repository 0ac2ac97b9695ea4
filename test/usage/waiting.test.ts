/** What a request waited for: others on the event loop, or nothing of this process. Bounds that hold on a busy machine too. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ResourceUsage } from '../../src/usage/resource-usage.ts';
import { usageOf } from '../../src/usage/usage-figures.ts';
import { UsageRecord } from '../../src/usage/usage-record.ts';
import { runApp } from '../support/run-app.ts';
import { nodeUnderTest, startLab, until } from './support.ts';
import type { UsageLab } from './support.ts';

type Waiting = Pick<ResourceUsage, 'waitMs' | 'waitBusyMs' | 'waitIdleMs'>;

/** Fails when one is absent. */
function expectSum({ waitMs = NaN, waitBusyMs = NaN, waitIdleMs = NaN }: Waiting): void {
  expect(waitBusyMs + waitIdleMs).toBeCloseTo(waitMs, 6);
  expect(Math.min(waitBusyMs, waitIdleMs)).toBeGreaterThanOrEqual(0);
}

/** What `loop-clock-app` finds with such a clock. */
async function waitingIn(clock: string): Promise<{ readonly beforeLoop: Waiting; readonly inLoop: Waiting }> {
  const options = { node: nodeUnderTest, nodeArgs: [], args: [clock] };
  const { stdout } = await runApp('test/usage/apps/loop-clock-app.cjs', options);
  return JSON.parse(stdout);
}

/** Of a request of 486.2 ms that ran for 52.3. */
function waitOf(idleMs: number | undefined): Waiting {
  const record = Object.assign(new UsageRecord(), { wallMs: 52.3006 });
  const socket = { readBytes: 0, writtenBytes: 0 };
  const usage = usageOf({ record, durationMs: 486.2, idleMs, socket, method: 'segments/thread-cpu', isComplete: true });
  return Object.fromEntries(Object.entries(usage).filter(([name]) => name.startsWith('wait')));
}

describe('real requests', () => {
  let lab: UsageLab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(async () => lab.close());

  test('alone on a timer it waits while the event loop is idle', async () => {
    const usage = await lab.track('idle');
    expectSum(usage);
    expect(usage.waitIdleMs).toBeGreaterThan((usage.waitMs ?? Infinity) / 2);
  });

  test.each(['behindTimers', 'behindImmediates', 'behindOthers'])(
    '%s: as long as an untracked request keeps the event loop, it waits while that is busy',
    async (route) => {
      const tracked = lab.track(route);
      await until(lab.probe, ({ inFlight }) => inFlight === 1);
      const blockedMs = Number(await lab.visit('/untracked/block'));
      const usage = await tracked;
      expectSum(usage);
      expect(blockedMs).toBeGreaterThan(100);
      expect(usage.waitBusyMs).toBeGreaterThanOrEqual(blockedMs);
    },
  );
});

describe('around the start of the event loop', () => {
  test('the parts are absent until its clock has moved, and whole from then on', async () => {
    const { beforeLoop, inLoop } = await waitingIn('own');
    expect(beforeLoop).toEqual({ waitMs: expect.any(Number) });
    expectSum(inLoop);
    expect(inLoop.waitIdleMs).toBeGreaterThan(0);
  });

  test.each([
    ['that never moves', 'zeros'],
    ['that is missing', 'none'],
  ])('with a clock %s they stay absent', async (_name, clock) => {
    const absent = { waitMs: expect.any(Number) };
    expect(await waitingIn(clock)).toEqual({ beforeLoop: absent, inLoop: absent });
  });
});

describe('the arithmetic', () => {
  test.each([
    ['some; the parts are rounded together', 313.4996, { waitMs: 433.899, waitBusyMs: 120.399, waitIdleMs: 313.5 }],
    ['all, and more by two clocks', 433.91, { waitMs: 433.899, waitBusyMs: 0, waitIdleMs: 433.899 }],
    ['none', 0, { waitMs: 433.899, waitBusyMs: 433.899, waitIdleMs: 0 }],
    ['less than none', -0.01, { waitMs: 433.899, waitBusyMs: 433.899, waitIdleMs: 0 }],
    ['unknown', undefined, { waitMs: 433.899 }],
  ])('idle: %s', (_name, idleMs, waiting) => {
    expect(waitOf(idleMs)).toStrictEqual(waiting);
  });

  test('they stand behind the whole, in the order in which figures are shown', () => {
    expect(Object.keys(waitOf(1))).toEqual(['waitMs', 'waitBusyMs', 'waitIdleMs']);
  });
});
