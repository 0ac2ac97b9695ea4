/** When a busy receiver is asked again, whatever its Retry-After or RetryInfo says. */
import { describe, expect, test } from 'vitest';

import { BackOff } from '../../src/export/back-off.ts';
import { retryAfterMs, retryInfoMs } from '../../src/export/retry-after.ts';
import { startApp } from '../support/run-app.ts';
import { payload, receiver, senderTo } from './receiver.ts';
import { untilTrue } from '../support/until-true.ts';

const date = 'Fri, 27 Nov 2026 22:00:00 GMT';

describe('Retry-After is read', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1500],
    ['+3', 3000],
    ['  7  ', 7000],
    ['-5', 0],
    ['1000000000', 1e12],
    ['Fri, 27 Nov 2026 22:00:30 GMT', 30_000],
    ['Friday, 27-Nov-26 22:00:30 GMT', 30_000],
    ['Fri, 27 Nov 2026 21:00:00 GMT', 0],
    ['Sat, 27 Nov 2027 22:00:00 GMT', 365 * 86_400_000],
  ])('%j, by the clock of the one who answers', (header, expected) => {
    expect(retryAfterMs(header, date)).toBe(expected);
  });

  test.each([undefined, '', '  ', 'soon', '1e3', '0x10', 'NaN', 'Infinity', 'Fri, 99 Foo', '9'.repeat(400)])(
    '%j is none',
    (header) => {
      expect(retryAfterMs(header, date)).toBeUndefined();
    },
  );

  test('a date without a Date beside it is meant by our clock', () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    expect(retryAfterMs(inAMinute, undefined)).toBeGreaterThan(57_000);
    expect(retryAfterMs(inAMinute, 'no date')).toBeLessThanOrEqual(60_000);
  });
});

function field(tag: number, bytes: readonly number[]): number[] {
  return [tag, bytes.length, ...bytes];
}

/** A google.rpc.Status with one detail; lengths below 128. */
function status(type: string, delay: readonly number[]): string {
  const any = [...field(0x0a, [...Buffer.from(type)]), ...field(0x12, field(0x0a, delay))];
  return Buffer.from([0x08, 8, ...field(0x1a, any)]).toString('base64');
}

describe('RetryInfo is read', () => {
  const type = 'type.googleapis.com/google.rpc.RetryInfo';
  test.each([
    ['2 s', [0x08, 2], 2000],
    ['0.5 s', [0x10, 0x80, 0xca, 0xb5, 0xee, 0x01], 500],
    ['nothing', [], 0],
    ['-1 s', [0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01], 0],
  ])('%s', (_, delay, expected) => {
    expect(retryInfoMs(status(type, delay))).toBe(expected);
  });

  test.each([undefined, '', '!!', 'AAAA', status('type.googleapis.com/google.rpc.Help', [0x08, 2])])(
    '%j is none',
    (text) => {
      expect(retryInfoMs(text)).toBeUndefined();
    },
  );
});

/** Of eight failures in a row. */
function waitsOf(afterMs: number | undefined, isUnreachable = false): number[] {
  const backOff = new BackOff();
  return Array.from({ length: 8 }, () => {
    backOff.failed({ startMs: performance.now(), afterMs, isUnreachable });
    return backOff.waitMs;
  });
}

describe('the wait', () => {
  test.each([undefined, 0, 1, 999])('has a floor of a second, and doubles up to ten (asked for %j ms)', (afterMs) => {
    const floors = [1000, 2000, 4000, 8000, 10_000, 10_000];
    for (const [index, wait] of waitsOf(afterMs).slice(0, 6).entries()) {
      expect(wait).toBeGreaterThan((floors[index] ?? 0) - 100);
      expect(wait).toBeLessThanOrEqual((floors[index] ?? 0) * 1.2);
    }
  });

  test('is five seconds at the longest where nobody answers', () => {
    expect(waitsOf(undefined, true).at(-1)).toBeLessThanOrEqual(6000);
  });

  test('is what was asked for when that is longer, and five minutes at the longest', () => {
    expect(waitsOf(60_000)[0]).toBeGreaterThan(59_000);
    expect(waitsOf(1e12)[0]).toBeLessThanOrEqual(360_000);
  });

  test('differs from one process to the next', () => {
    expect(new Set(Array.from({ length: 10 }, () => Math.round(waitsOf(60_000)[0] ?? 0))).size).toBeGreaterThan(1);
  });

  test('counts tries that failed together once', () => {
    const backOff = new BackOff();
    const failure = { startMs: performance.now() - 5, afterMs: undefined, isUnreachable: false };
    for (let count = 0; count < 5; count += 1) backOff.failed(failure);
    expect(backOff.waitMs).toBeLessThanOrEqual(1200);
  });
});

test.each(['0', '', '-5', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
  'a sender asks a busy receiver once a second at the most, whatever is waiting (Retry-After: %j)',
  async (header) => {
    const busy = await receiver((response) => response.writeHead(429, { 'retry-after': header }).end());
    const sender = senderTo(busy.url);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => sender.send(payload)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'retry', reason: 'HTTP status 429', isUnreachable: false });
    }
    // Those that began together, and none of those that came after the first answer.
    expect(sender.mayAskInMs()).toBeGreaterThan(500);
    const before = busy.posts.length;
    await sender.send(payload);
    expect(busy.posts.length).toBe(before);
  },
);

test('an idle application with 512 waiting records posts a handful of times in five seconds to a receiver that says Retry-After: 0', async () => {
  const busy = await receiver((response) => response.writeHead(429, { 'retry-after': '0' }).end());
  const app = await startApp('test/exit/apps/endings.mjs', {
    args: ['serve'],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: busy.url, OTEL_BLRP_SCHEDULE_DELAY: '50', OTEL_BSP_SCHEDULE_DELAY: '50' },
  });
  for (let count = 0; count < 100; count += 1) await app.get('/ok');
  await untilTrue(() => busy.posts.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  // After 0, 1, 3 and 7 seconds; two signals that began together are two posts.
  expect(busy.posts.length).toBeLessThanOrEqual(5);
  await app.get('/end');
  await app.exit;
});
