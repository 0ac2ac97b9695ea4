/** What becomes of telemetry when the receiver is slow, busy, refuses, is gone, or comes back. */
import { afterEach, describe, expect, test } from 'vitest';

import { outcome, receiverEnv, runBare, runProgram } from './ending.ts';
import type { PlainSpan } from '../support/otlp-json.ts';
import { receiver as receiverThatWrites } from '../sending/receiver.ts';
import { startApp } from '../support/run-app.ts';
import { newSpool, spooledCount } from '../spool/spooling.ts';
import { deadPort, startScriptedReceiver } from '../support/scripted-receiver.ts';
import type { ScriptedOptions, ScriptedReceiver } from '../support/scripted-receiver.ts';
import { untilTrue } from '../support/until-true.ts';

const open: ScriptedReceiver[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

async function receiverThat(answer: NonNullable<ScriptedOptions['answer']>, port = 0): Promise<ScriptedReceiver> {
  const receiver = await startScriptedReceiver({ port, answer });
  open.push(receiver);
  return receiver;
}

/** Batches leave at once, and one signal is enough to look at. */
const eager = { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
const twenty = Array.from({ length: 20 }, (_, index) => `span ${index}`);

describe('the receiver answers with a status', () => {
  test('503, then 200: the batch is sent again and arrives once', async () => {
    const receiver = await receiverThat((index) => (index === 0 ? 503 : 200));
    const exit = await runProgram(['spans', '4000'], { ...receiverEnv(receiver.url), ...eager });
    const at = `the collector at ${receiver.url}`;
    const { stderr, ...end } = outcome(exit);
    // A busy machine takes longer.
    expect({ ...end, stderr: stderr.replace(/after \d+ s/, 'after 1 s') }).toEqual({
      code: 0,
      signal: undefined,
      stderr: `reqlens: ${at} does not take telemetry: HTTP status 503; it waits and is sent again\nreqlens: ${at} takes telemetry again, after 1 s; tries failed: 1 (HTTP status 503)\n`,
    });
    expect(names(receiver.spans())).toEqual(twenty.toSorted());
    expect(receiver.requests).toHaveLength(2);
  });

  test('400: the batch is dropped, which is said once, and the process goes on', async () => {
    const receiver = await receiverThat(() => 400);
    const app = await startApp('test/exit/apps/endings.mjs', {
      args: ['serve'],
      env: { ...receiverEnv(receiver.url), ...eager },
    });
    for (const count of [1, 2, 3]) {
      await app.get('/ok');
      await receiver.until(() => receiver.requests.length >= count);
    }
    await app.get('/end');
    const exit = await app.exit;
    expect(exit.stderr).toMatch(
      /^reqlens: the collector refused \d+ spans?: HTTP status 400; dropped\nreqlens: telemetry that did not arrive: \d+ spans \(\d+: HTTP status 400\)\n$/,
    );
    expect(exit.code).toBe(0);
  });
});

describe('what the receiver says to the request of an exit is counted and said', () => {
  test.each([
    {
      what: 'that it rejects a part',
      status: 200,
      type: 'application/json',
      body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}',
      stderr:
        'reqlens: the collector rejected 1 log record of a batch that it took otherwise: too old; dropped\n' +
        'reqlens: telemetry that did not arrive: 1 log record (1: rejected)\n',
    },
    {
      what: 'a web page',
      status: 200,
      type: 'text/html',
      body: '<title>Sign in</title>',
      stderr:
        'reqlens: the collector takes log records with a warning: its answer is a web page (text/html), which no collector sends: check the address, the telemetry is probably lost\n',
    },
    {
      what: 'that the token is no good',
      status: 401,
      type: 'text/plain',
      body: 'bad token',
      stderr:
        'reqlens: the collector refused 1 log record: HTTP status 401: bad token; dropped\n' +
        'reqlens: telemetry that did not arrive: 1 log record (1: HTTP status 401)\n',
    },
  ])('$what', async ({ status, type, body, stderr }) => {
    const { url } = await receiverThatWrites((response) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    );
    const exit = await runProgram(['log'], receiverEnv(url));
    expect(outcome(exit)).toEqual({ code: 0, signal: undefined, stderr });
  });
});

describe('the receiver goes away', () => {
  test('and comes back: everything that fits the queue arrives', async () => {
    const port = await deadPort();
    const app = await startApp('test/exit/apps/endings.mjs', {
      args: ['serve'],
      env: { ...receiverEnv(`http://127.0.0.1:${port}`), ...eager },
    });
    for (let count = 0; count < 30; count += 1) await app.get('/ok');
    await untilTrue(() => app.stderr() !== '');
    const receiver = await receiverThat(() => 200, port);
    await receiver.until(() => receiver.spans().length === 60);
    await app.get('/end');
    const exit = await app.exit;
    expect(withoutNumbers(exit.stderr)).toBe(withoutNumbers(`${noCollectorLine(port)}${againLine(port)}`));
    // A batch under way at the exit is sent once more.
    expect(new Set(receiver.spans().map(({ spanId }) => spanId)).size).toBe(61);
  });

  test('and comes back just before the exit: what waited goes out with the exit, or stays on disk', async () => {
    const port = await deadPort();
    const spool = newSpool();
    const app = await startApp('test/exit/apps/endings.mjs', {
      args: ['serve'],
      env: {
        ...receiverEnv(`http://127.0.0.1:${port}`),
        REQLENS_SPOOL_DIR: spool,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      },
    });
    await app.get('/ok');
    await untilTrue(() => app.stderr() === noCollectorLine(port));
    const receiver = await receiverThat(() => 200, port);
    await app.get('/end');
    expect(outcome(await app.exit)).toEqual({ code: 0, signal: undefined, stderr: noCollectorLine(port) });
    // A busy machine may need more than the little time that such an exit takes.
    expect(receiver.spans().length > 0 ? names(receiver.spans()) : spooledCount(spool, 'trace')).toEqual(
      receiver.spans().length > 0 ? ['GET', 'GET', 'child'] : 3,
    );
  });

  test('for longer than the queue holds: the newest are dropped, counted, and told when it is back', async () => {
    const port = await deadPort();
    const app = await startApp('test/exit/apps/endings.mjs', {
      args: ['serve'],
      env: {
        ...receiverEnv(`http://127.0.0.1:${port}`),
        ...eager,
        OTEL_BSP_MAX_QUEUE_SIZE: '10',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
        REQLENS_SPOOL_DIR: 'off',
      },
    });
    await app.get('/ok');
    // What is on its way comes on top of the queue: from here on nothing is.
    await untilTrue(() => app.stderr() !== '');
    for (let count = 0; count < 7; count += 1) await app.get('/ok');
    const receiver = await receiverThat(() => 200, port);
    await receiver.until(() => receiver.spans().length > 0);
    await untilTrue(() => app.stderr().split('\n').length > 2);
    await app.get('/end');
    await app.exit;
    // A batch under way at the exit is sent once more.
    expect(new Set(receiver.spans().map(({ spanId }) => spanId)).size).toBe(11);
    // Whether the last span goes out before the exit or with it is a matter of milliseconds, as is whether a try finds the receiver away once more.
    const said = app.stderr().replace(/reqlens: no more spans are dropped[^\n]*\n/, '');
    expect(withoutNumbers(said).split('\n').toSorted()).toEqual(
      withoutNumbers(
        `${noCollectorLine(port)}${againLine(port)}reqlens: dropped 6 spans: the queue is full\nreqlens: telemetry that did not arrive: 6 spans (6: the queue is full)\n`,
      )
        .split('\n')
        .toSorted(),
    );
    expect(app.stderr()).toContain('did not arrive: 6 spans (6: the queue is full)');
  });

  test('and nobody ever comes: one line, the same exit code, and no wait', async () => {
    const port = await deadPort();
    const startMs = performance.now();
    const bare = await runBare(['spans', '300']);
    const bareMs = performance.now() - startMs;
    const exit = await runProgram(['spans', '300'], {
      ...receiverEnv(`http://127.0.0.1:${port}`),
      ...eager,
      REQLENS_SHUTDOWN_TIMEOUT: '10000',
    });
    const addedMs = performance.now() - startMs - 2 * bareMs;
    expect(outcome(exit)).toEqual({ ...outcome(bare), stderr: noCollectorLine(port) });
    expect(addedMs).toBeLessThan(5000);
  });
});

describe('the receiver takes the connection and never answers', () => {
  test('the exit is held for REQLENS_SHUTDOWN_TIMEOUT, which is said', async () => {
    const receiver = await receiverThat(() => undefined);
    const bareStartMs = performance.now();
    await runBare(['log']);
    const startMs = performance.now();
    const exit = await runProgram(['log'], { ...receiverEnv(receiver.url), REQLENS_SHUTDOWN_TIMEOUT: '700' });
    const tookMs = performance.now() - startMs;
    expect(outcome(exit)).toEqual({
      code: 0,
      signal: undefined,
      stderr:
        'reqlens: not everything could be sent at the exit within 700 ms (REQLENS_SHUTDOWN_TIMEOUT); what was not taken waits on disk for the next process\n',
    });
    expect(tookMs).toBeGreaterThan(700);
    // One request alone would be waited for for 10 s. The rest is loading, on a machine that may be busy.
    expect(tookMs - 4 * (startMs - bareStartMs)).toBeLessThan(8000);
  });

  test('a signal has the same one deadline, metrics and all', async () => {
    const receiver = await receiverThat(() => undefined);
    const app = await startApp('test/exit/apps/endings.mjs', {
      args: ['serve'],
      env: { ...receiverEnv(receiver.url), REQLENS_SHUTDOWN_TIMEOUT: '5000' },
    });
    await app.get('/ok');
    const startMs = performance.now();
    app.signal('SIGTERM');
    const exit = await app.exit;
    const tookMs = performance.now() - startMs;
    expect(exit.signal).toBe('SIGTERM');
    expect(tookMs).toBeGreaterThan(4900);
    // With a deadline for metrics and one for the rest it would be 7500.
    expect(tookMs).toBeLessThan(7400);
  });

  test('without a spool the exit says that telemetry may be lost, and how much', async () => {
    const receiver = await receiverThat(() => undefined);
    const env = { ...receiverEnv(receiver.url), REQLENS_SHUTDOWN_TIMEOUT: '700', REQLENS_SPOOL_DIR: 'off' };
    expect(outcome(await runProgram(['log'], env)).stderr).toBe(
      'reqlens: not everything could be sent at the exit within 700 ms (REQLENS_SHUTDOWN_TIMEOUT); the last telemetry may be lost\n' +
        'reqlens: telemetry that did not arrive: 1 log record (1: no answer at the exit)\n',
    );
  });

  test('REQLENS_SHUTDOWN_TIMEOUT=0 sends nothing at the exit and says nothing', async () => {
    const receiver = await receiverThat(() => 200);
    const exit = await runProgram(['log'], { ...receiverEnv(receiver.url), REQLENS_SHUTDOWN_TIMEOUT: '0' });
    expect(outcome(exit)).toEqual({ code: 0, signal: undefined, stderr: '' });
    expect(receiver.requests).toEqual([]);
  });
});

describe('a program with nothing to do', () => {
  const receivers: readonly { readonly what: string; readonly answer: (() => number | undefined) | undefined }[] = [
    { what: 'present', answer: () => 200 },
    { what: 'absent', answer: undefined },
    { what: 'hanging', answer: () => undefined },
  ];
  for (const { what, answer } of receivers) {
    test(`ends by itself with a collector that is ${what}`, async () => {
      const port = answer === undefined ? await deadPort() : (await receiverThat(answer)).port;
      const exit = await runProgram(['nothing'], {
        ...receiverEnv(`http://127.0.0.1:${port}`),
        REQLENS_SHUTDOWN_TIMEOUT: '60000',
      });
      expect({ code: exit.code, signal: exit.signal }).toEqual({ code: 0, signal: undefined });
      expect(['', ...(answer === undefined ? [noCollectorLine(port)] : [])]).toContain(exit.stderr);
    });
  }
});

function names(spans: readonly PlainSpan[]): string[] {
  return spans.map(({ name }) => name).toSorted();
}

function noCollectorLine(port: number): string {
  return `reqlens: no collector answers at http://127.0.0.1:${port} (ECONNREFUSED); telemetry waits and goes out when one does. Start one with: npx reqlens collector\n`;
}

function againLine(port: number): string {
  return `reqlens: the collector at http://127.0.0.1:${port} takes telemetry again, after 1 s; tries failed: 1 (ECONNREFUSED)\n`;
}

/** How long it took and how many tries is the machine's affair. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, '#');
}
