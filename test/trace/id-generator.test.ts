/** Ids for the SDK: the request's own trace id once, random ones otherwise. */
import { expect, test } from 'vitest';

import { RequestIdGenerator } from '../../src/trace/id-generator.ts';
import { acceptTraceId } from '../../src/trace/trace-id.ts';

const given = acceptTraceId('0af7651916cd43dd8448eb211c80319c');

function handedOver(): RequestIdGenerator {
  const ids = new RequestIdGenerator();
  if (given !== undefined) ids.handOver(given);
  return ids;
}

test('a trace id that is handed over is used once', () => {
  const ids = handedOver();
  expect(ids.generateTraceId()).toBe(given);
  expect(ids.generateTraceId()).not.toBe(given);
});

test('a trace id that was not taken is gone after clear()', () => {
  const ids = handedOver();
  ids.clear();
  expect(ids.generateTraceId()).not.toBe(given);
});

test('span ids do not take it', () => {
  const ids = handedOver();
  expect(ids.generateSpanId()).toMatch(/^[\da-f]{16}$/);
  expect(ids.generateTraceId()).toBe(given);
});

test('10,000 random ids are valid and all different', () => {
  const ids = new RequestIdGenerator();
  const traces = Array.from({ length: 10_000 }, () => ids.generateTraceId());
  const spans = Array.from({ length: 10_000 }, () => ids.generateSpanId());
  expect(traces.every((id) => acceptTraceId(id) === id)).toBe(true);
  expect(spans.every((id) => /^[\da-f]{16}$/.test(id) && id !== '0'.repeat(16))).toBe(true);
  expect(new Set([...traces, ...spans]).size).toBe(20_000);
});
