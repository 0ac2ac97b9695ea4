/** However a process ends: its last telemetry arrives, and nobody else can tell that we were there. */
import { describe, expect, test } from 'vitest';

import { endingBySignal, endingOf, outcome, receiverEnv, runBare, runProgram } from './ending.ts';
import type { Ending } from './ending.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

describe('a signal', () => {
  for (const signal of signals) {
    test(`${signal} without a listener ends the process as it does without us, and the open span arrives`, async () => {
      const ending = await endingBySignal(signal);
      expect(outcome(ending.exit)).toEqual({ code: undefined, signal, stderr: '' });
      expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
      expectOpenRequest(ending);
    });

    test(`${signal} is the application's own affair when it listens`, async () => {
      const ending = await endingBySignal(signal, 'on');
      expect(outcome(ending.exit)).toEqual({ code: 7, signal: undefined, stderr: '' });
      expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
      expectOpenRequest(ending);
      expect(bodies(ending)).toContain(`application got ${signal}`);
    });
  }

  for (const how of ['once', 'prepend-once']) {
    test(`a listener registered by ${how} is called, not overtaken`, async () => {
      const ending = await endingBySignal('SIGTERM', how);
      expect(outcome(ending.exit)).toEqual({ code: 7, signal: undefined, stderr: '' });
      expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
      expect(bodies(ending)).toContain('application got SIGTERM');
    });
  }

  for (const how of ['on-and-off', 'remove-all']) {
    test(`after ${how} the signal ends the process again, and the open span arrives`, async () => {
      const ending = await endingBySignal('SIGTERM', how);
      expect(outcome(ending.exit)).toEqual({ code: undefined, signal: 'SIGTERM', stderr: '' });
      expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
      expectOpenRequest(ending);
    });
  }

  test('a library that ends the process only if nobody else listens still finds itself alone', async () => {
    const ending = await endingBySignal('SIGTERM', 'if-alone');
    expect(outcome(ending.exit)).toEqual({ code: undefined, signal: 'SIGTERM', stderr: '' });
    expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
    expectOpenRequest(ending);
    expect(bodies(ending)).toContain('alone with SIGTERM');
  });
});

describe('an end of its own', () => {
  test('of the event loop: the last request arrives', async () => {
    const ending = await endingOf('/end');
    expect(outcome(ending.exit)).toEqual({ code: 0, signal: undefined, stderr: '' });
    expect(bodies(ending)).toEqual(['end']);
    expect(names(ending)).toEqual(['GET']);
  });

  test('with process.exitCode keeps the code', async () => {
    const ending = await endingOf('/exit-code');
    expect(outcome(ending.exit)).toEqual({ code: 4, signal: undefined, stderr: '' });
    expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
    expect(bodies(ending)).toEqual(['end']);
  });

  test('by process.exit within a request: its open span says so', async () => {
    const ending = await endingOf('/exit');
    expect(outcome(ending.exit)).toEqual({ code: 3, signal: undefined, stderr: '' });
    expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
    expect(bodies(ending)).toEqual(['exit']);
    expect(ending.spans.map(({ attributes }) => attributes['error.type'])).toEqual(['process_exit']);
  });

  test('requests whose objects the application has changed cost nobody his span', async () => {
    const { exit, bare, spans } = await endingOf('/exit-tampered');
    expect(outcome(bare)).toEqual({ code: 3, signal: undefined, stderr: '' });
    expect({ code: exit.code, signal: exit.signal }).toEqual({ code: 3, signal: undefined });
    expect(exit.stderr).toMatch(
      /^reqlens: the hook in the end of an open request failed.*no writableFinished any more.*\n$/,
    );
    const served = spans.filter(({ kind }) => kind === 2).map(({ attributes }) => attributes);
    expect(served.map((each) => `${String(each['url.path'])} ${String(each['error.type'])}`).toSorted()).toEqual([
      '/exit-tampered process_exit',
      '/with-getters process_exit',
      '/without-socket process_exit',
    ]);
  });

  test('what an exit listener registered at the last moment logs and traces arrives', async () => {
    const ending = await endingOf('/exit-listeners');
    expect(outcome(ending.exit)).toEqual({ code: 0, signal: undefined, stderr: '' });
    expect(bodies(ending)).toEqual(['in an exit listener']);
    expect(names(ending)).toEqual(['GET', 'of an exit listener']);
  });

  test('an exit listener may still choose the exit code', async () => {
    const ending = await endingOf('/exit-code-in-listener');
    expect(outcome(ending.exit)).toEqual({ code: 9, signal: undefined, stderr: '' });
    expect(outcome(ending.bare)).toEqual(outcome(ending.exit));
    expect(bodies(ending)).toEqual(['exit listener got 0']);
  });

  test('an exit listener that throws: Node says so as ever, and the error arrives too', async () => {
    const ending = await endingOf('/exit-listener-throws');
    expectStderrOfNode(ending);
    expect(bodies(ending)).toEqual(['in an exit listener', 'thrown by an exit listener']);
  });

  test('process.abort and SIGKILL leave nobody the time: what was not sent before is lost, and nothing else changes', async () => {
    for (const path of ['/abort', '/kill']) {
      const { exit, bare } = await endingOf(path);
      expect(exit.signal).toBe(bare.signal);
      expect(exit.code).toBe(bare.code);
    }
  });
});

describe('an error that nobody catches', () => {
  const cases = [
    { path: '/timer', type: 'RangeError', message: 'thrown in a timer', log: 'timer' },
    { path: '/await', type: 'TypeError', message: 'thrown after an await', log: 'await' },
    { path: '/listener', type: 'Error', message: 'thrown in a listener', log: 'listener' },
    { path: '/throw', type: 'Error', message: 'thrown by a handler', log: 'throw' },
  ];
  for (const { path, type, message, log } of cases) {
    test(`${path}: is logged with the id of its request; exit code and stderr stay Node's`, async () => {
      const ending = await endingOf(path);
      expectStderrOfNode(ending);
      expect(ending.exit.code).toBe(1);
      expect(bodies(ending)).toEqual([log, message]);
      const [before, fatal] = ending.logs;
      expect(fatal).toMatchObject({ severityText: 'FATAL', traceId: ending.spans[0]?.traceId });
      expect(fatal?.attributes).toMatchObject({
        'exception.type': type,
        'exception.message': message,
        'reqlens.request.id': before?.attributes['reqlens.request.id'],
      });
    });
  }

  test('a rejection with something that is no error', async () => {
    const ending = await endingOf('/reject');
    expectStderrOfNode(ending);
    expect(bodies(ending)).toEqual(['reject', expect.stringContaining('"just a string"')]);
    expect(ending.logs[1]?.traceId).toBe(ending.spans[0]?.traceId);
  });

  test('an uncaughtException listener of the application keeps the process up, and the request is finished', async () => {
    const ending = await endingOf('/caught');
    expect(outcome(ending.exit)).toEqual({ code: 0, signal: undefined, stderr: '' });
    // The error was handled: nothing ended by it, so there is no line of ours.
    expect(bodies(ending)).toEqual(['caught']);
    expect(ending.spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200]);
  });

  for (const how of ['throw', 'reject', 'exit']) {
    test(`a program that ends by ${how} at the top level`, async () => {
      const receiver = await startScriptedReceiver();
      const exit = await runProgram([how], receiverEnv(receiver.url));
      await receiver.close();
      expect(outcome(exit)).toEqual(outcome(await runBare([how])));
      expect(receiver.logs().map(({ severityText }) => severityText)).toEqual(how === 'exit' ? [] : ['FATAL']);
    });
  }
});

/** The request for /open is not answered, its child is over; the one for /ok is complete. Each arrives once. */
function expectOpenRequest(ending: Ending): void {
  const open = ending.spans.find(({ attributes }) => attributes['url.path'] === '/open');
  expect(open?.attributes['error.type']).toBe('process_exit');
  expect(names(ending)).toEqual(['GET', 'GET', 'child', 'child of open']);
  expect(ending.spans.find(({ name }) => name === 'child of open')?.parentSpanId).toBe(open?.spanId);
  expect(bodies(ending)).toEqual(expect.arrayContaining(['open', 'ok']));
}

function names({ spans }: Ending): string[] {
  return spans.map(({ name }) => name).toSorted();
}

function bodies({ logs }: Ending): unknown[] {
  return logs.map(({ body }) => body);
}

/**
 * A synchronous stack through a request handler or `process.emit` goes through our hooks, and Node cuts stacks at ten frames. Those
 * of ours are left out on one side, and what was cut for them on the other; all other bytes must be the same.
 */
function expectStderrOfNode({ exit, bare }: Ending): void {
  const { lines, ourFrameCount } = stackWithoutUs(exit.stderr);
  const bareLines = bare.stderr.split('\n');
  const lastFrame = bareLines.findLastIndex((line) => line.startsWith('    at '));
  const cutCount = bareLines.length - lines.length;
  expect(cutCount).toBeLessThanOrEqual(ourFrameCount);
  expect(lines).toEqual(bareLines.toSpliced(lastFrame + 1 - cutCount, cutCount));
  expect({ code: exit.code, signal: exit.signal }).toEqual({ code: bare.code, signal: bare.signal });
}

function stackWithoutUs(stderr: string): { lines: string[]; ourFrameCount: number } {
  const all = stderr.split('\n');
  const ours = /^ {4}at .*(?:\/dist\/reqlens\.js|AsyncLocalStorage|AsyncContextFrame|async_hooks|async_local_storage)/;
  const lines = all.filter((line) => !ours.test(line));
  return { lines, ourFrameCount: all.length - lines.length };
}
