/** The hooks come, go and disturb nobody; a tracked request that does not end as others do is ended. */
import { connect } from 'node:net';

import { describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { contextModes, hasThreadCpu, nodeUnderTest, startLab, until } from './support.ts';

test.each(contextModes)(
  'with %s: hooks are on exactly while a request is tracked, others keep theirs, and all is put back',
  async (name, nodeArgs) => {
    const { stdout, stderr, code } = await runApp('test/usage/apps/hooks-app.mjs', {
      node: nodeUnderTest,
      nodeArgs: ['--expose-gc', ...nodeArgs],
      killAfterMs: 60_000,
    });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const { grownBytes, ...facts } = JSON.parse(stdout);
    const others = { hooks: true, promises: true };
    expect(facts).toEqual({
      // Stack traces of applications that track nothing have no frame of ours there.
      scopeWrappedBefore: false,
      hookedBefore: false,
      othersBefore: others,
      // Half of the places, which is one of two.
      suspectedAlone: true,
      suspectedBeside: true,
      hookedDuring: true,
      othersDuring: others,
      scopeWrappedDuring: name === 'AsyncContextFrame',
      third: true,
      afterDiscard: true,
      sameResult: true,
      hookedAfter: false,
      othersAfter: others,
      result: 42,
      thrown: 'of the application',
      unhandled: ['ENOENT: no such file or directory', 'unhandled'],
      sameOrder: true,
      endless: false,
      ebb: { isCollected: true, isCounted: true },
      restored: true,
      ownRestored: true,
    });
    // 20,000 requests: less than 50 bytes each.
    expect(grownBytes).toBeLessThan(1_000_000);
  },
  90_000,
);

test.each(contextModes)(
  'with %s: neither the continuation of somebody else between two of its own, nor what the event loop waits, is the request’s',
  async (_name, nodeArgs) => {
    const { stdout } = await runApp('test/usage/apps/unseen-app.mjs', { node: nodeUnderTest, nodeArgs });
    const { cpuMs, eventLoopMs, heapAllocatedBytes } = JSON.parse(stdout);
    // Twice 5 ms and 1 MB; between them 40 ms and 20 MB of the other's, behind them 90 ms of nothing.
    expect(cpuMs).toBeGreaterThan(8);
    expect(cpuMs).toBeLessThan(hasThreadCpu ? 35 : Infinity);
    expect(eventLoopMs).toBeGreaterThan(10);
    expect(heapAllocatedBytes).toBeGreaterThan(1_900_000);
    expect(heapAllocatedBytes).toBeLessThan(4_000_000);
  },
);

describe('requests that do not end by themselves', () => {
  test('one that its client gives up is incomplete, and one that never ends is closed by the bound', async () => {
    const lab = await startLab([], { MAX_DURATION_MS: '300' });
    try {
      const { port } = new URL(lab.app.url);
      const aborted = connect(Number(port), '127.0.0.1');
      aborted.write('GET /tracked/never?id=aborted HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(lab.probe, ({ inFlight }) => inFlight === 1);
      aborted.destroy();
      const { isComplete } = await until(
        () => lab.figures('aborted'),
        ({ method }) => method !== undefined,
      );
      expect(isComplete).toBe(false);
      const endless = connect(Number(port), '127.0.0.1');
      endless.write('GET /tracked/never?id=endless HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(lab.probe, ({ inFlight }) => inFlight === 1);
      // The application still waits, the engine does not.
      expect(await until(lab.probe, ({ isHooked }) => !isHooked)).toEqual({ isHooked: false, inFlight: 1, ended: 1 });
      endless.destroy();
    } finally {
      await lab.close();
    }
  });

  test('no more than the bound are tracked at a time; further ones run without', async () => {
    const lab = await startLab();
    const clients = Array.from({ length: 25 }, () => connect(Number(new URL(lab.app.url).port), '127.0.0.1'));
    const answers: string[] = [];
    try {
      for (const client of clients) {
        client.on('data', (bytes) => answers.push(bytes.toString().slice(9, 12)));
        client.write('GET /tracked/never HTTP/1.1\r\nHost: localhost\r\n\r\n');
      }
      await until(lab.probe, ({ inFlight }) => inFlight === 20 && answers.length === 5);
      expect(answers).toEqual(['503', '503', '503', '503', '503']);
    } finally {
      for (const client of clients) client.destroy();
      await until(lab.probe, ({ inFlight, isHooked }) => inFlight === 0 && !isHooked);
      await lab.close();
    }
  });
});
