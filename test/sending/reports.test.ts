/** What is said of a receiver that does not take telemetry: when it begins, every ten minutes, and when it is over. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type * as RealTimers from '../../src/real-timers.ts';
import { Troubles } from '../../src/export/troubles.ts';
import { startApp } from '../support/run-app.ts';
import type { RunningApp } from '../support/run-app.ts';
import { receiver } from './receiver.ts';

// What Troubles has of timers is faked here, of which nothing outside may be.
vi.mock('../../src/real-timers.ts', async (actual) => ({
  ...(await actual<typeof RealTimers>()),
  setTimeout: (fire: () => void, delayMs: number) => setTimeout(fire, delayMs),
  nowMs: () => performance.now(),
}));

const subject = { key: 'x', still: 'x still fails', over: 'x works again', counted: 'tries failed' };
const minuteMs = 60_000;

describe('one trouble', () => {
  let said: string[] = [];
  let troubles = new Troubles((message) => said.push(message));
  const fail = (reason = 'HTTP status 503: busy'): void =>
    troubles.happened(subject, { reason, sentence: `x fails: ${reason}`, count: 1 });

  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    troubles = new Troubles((message) => said.push(message));
  });
  afterEach(() => void vi.useRealTimers());

  test('is said when it begins and when it is over, with counts and the time', () => {
    for (let count = 0; count < 7; count += 1) fail();
    vi.advanceTimersByTime(42_000);
    troubles.over('x');
    troubles.over('x');
    expect(said).toEqual([
      'x fails: HTTP status 503: busy',
      'x works again, after 42 s; tries failed: 7 (HTTP status 503)',
    ]);
  });

  test('is said again every ten minutes while it lasts, with what came since', () => {
    for (let minute = 0; minute < 25; minute += 1) {
      fail();
      vi.advanceTimersByTime(minuteMs);
    }
    expect(said).toEqual([
      'x fails: HTTP status 503: busy',
      'x still fails, after 10 min; tries failed since it was last said: 9 (HTTP status 503)',
      'x still fails, after 20 min; tries failed since it was last said: 10 (HTTP status 503)',
    ]);
  });

  test('a new reason is said, the same reason in other words is not', () => {
    fail();
    fail('HTTP status 503: busier');
    fail('ECONNREFUSED');
    expect(said).toEqual(['x fails: HTTP status 503: busy', 'x fails: ECONNREFUSED']);
  });

  test('that begins and ends all the time is said three times, then once in ten minutes', () => {
    for (let second = 0; second < 1200; second += 1) {
      fail();
      troubles.over('x');
      vi.advanceTimersByTime(1000);
    }
    expect(said.length).toBeLessThanOrEqual(3 * 6 + 2);
    expect(said[6]).toBe('x works again; tries failed since it was last said: 597 (HTTP status 503)');
  });

  test('leaves no timer behind ten minutes after it was over', () => {
    fail();
    troubles.over('x');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(10 * minuteMs);
    expect(vi.getTimerCount()).toBe(0);
    fail();
    expect(said).toHaveLength(3);
  });

  test('reasons without end are not all said', () => {
    for (let count = 0; count < 100; count += 1) fail(`reason ${count}`);
    expect(said).toHaveLength(5);
  });
});

const env = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  // Other tests keep the machine busy: what is sent at the exit must arrive all the same.
  REQLENS_SHUTDOWN_TIMEOUT: '15000',
  OTEL_BSP_SCHEDULE_DELAY: '30',
  OTEL_BLRP_SCHEDULE_DELAY: '30',
  OTEL_METRIC_EXPORT_INTERVAL: '1500',
  OTEL_METRIC_EXPORT_TIMEOUT: '1500',
};

async function appWith(url: string, more: Record<string, string> = {}): Promise<RunningApp> {
  return startApp('test/exit/apps/endings.mjs', {
    args: ['serve'],
    env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more },
  });
}

function lines(app: RunningApp): string[] {
  return app.stderr().split('\n').slice(0, -1);
}

test('an outage that three signals see is one sentence with the receiver’s own words, and one when it is over', async () => {
  let isBusy = true;
  const { url } = await receiver((response) => {
    response.writeHead(isBusy ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: 14, message: 'the \u001B[31mqueue\u202E is\nfull' }));
  });
  const app = await appWith(url);
  await app.get('/ok');
  await app.until(() => lines(app).length > 0);
  expect(lines(app)).toEqual([
    `reqlens: the collector at ${url} does not take telemetry: HTTP status 503: the [31mqueue is full; it waits and is sent again`,
  ]);
  isBusy = false;
  await app.until(() => lines(app).length > 1);
  expect(lines(app)[1]).toMatch(
    /^reqlens: the collector at \S+ takes telemetry again, after \d+ s; tries failed: \d+ \(HTTP status 503\)$/,
  );
  await app.get('/end');
  const { stderr } = await app.exit;
  expect(stderr.split('\n')).toHaveLength(3);
});

test('the words of a receiver never show what we sent as headers', async () => {
  const { url } = await receiver((response, { headers }) => {
    response.writeHead(401, { 'content-type': 'text/plain' });
    response.end(
      `no such key: ${headers.authorization} / ${String(headers['x-api-key'])} of ${encodeURIComponent('s3cr3t+value/=')}`,
    );
  });
  const app = await appWith(url, {
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20abcdef123456,x-api-key=${encodeURIComponent('s3cr3t+value/=')}`,
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  });
  await app.get('/ok');
  await app.until(() => lines(app).length > 0);
  await app.get('/end');
  const { stderr } = await app.exit;
  expect(stderr).not.toMatch(/abcdef123456|s3cr3t/);
  expect(stderr.split('\n')[0]).toMatch(
    /^reqlens: the collector refused \d+ spans?: HTTP status 401: no such key: \[hidden\] \/ \[hidden\] of \[hidden\]; dropped$/,
  );
});

test('what was refused is one line when it begins, and one with the sum at the exit', async () => {
  const { url } = await receiver((response) => response.writeHead(400).end());
  const app = await appWith(url, { OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' });
  for (let count = 0; count < 5; count += 1) await app.get('/ok');
  await app.until(() => lines(app).length > 0);
  await app.get('/end');
  const { stderr } = await app.exit;
  const [begins, sum, ...rest] = stderr.split('\n');
  expect(begins).toMatch(/^reqlens: the collector refused \d+ spans?: HTTP status 400; dropped$/);
  // The last one is sent at the exit itself, by the helper thread.
  expect(sum).toMatch(/^reqlens: telemetry that did not arrive: \d+ spans \(\d+: HTTP status 400.*\)$/);
  expect(rest).toEqual(['']);
});
