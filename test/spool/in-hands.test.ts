/** Whatever happens to a batch at the moment when the process ends: the exit has it, once. A receiver of the test's own stands for the real one. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { Delivery } from '../../src/export/delivery.ts';
import { MemoryBudget } from '../../src/export/memory-budget.ts';
import type { Payload, Sent } from '../../src/export/sent.ts';
import { WaitingPlace } from '../../src/export/waiting-place.ts';
import { readLogs } from '../support/otlp-reader.ts';
import { fiveLogRecords } from './five-records.ts';
import { batchOf, destination, ownSpool } from './own-spool.ts';
import type { OwnSpool } from './own-spool.ts';
import { untilTrue } from '../support/until-true.ts';

const contentType = 'application/x-protobuf';
const route = {
  signal: 'logs',
  url: 'http://127.0.0.1/v1/logs',
  isGrpc: false,
  headers: {},
  isGzip: false,
  secrets: [],
  tls: {},
} as const;

interface Handed {
  readonly delivery: Delivery;
  readonly spool: OwnSpool;
  /** What the receiver was given, in order. */
  readonly given: readonly Payload[];
}

/** @param answer - Of the request with this index. One that never comes is a promise that never resolves. */
function handed(answer: (index: number) => Sent | Promise<Sent>): Handed {
  const spool = ownSpool();
  const given: Payload[] = [];
  const budget = new MemoryBudget(64 * 1024 * 1024);
  const delivery = new Delivery({
    sender: {
      route,
      mayAskInMs: () => 0,
      send: async (payload) => {
        given.push(payload);
        return answer(given.length - 1);
      },
    },
    contentType,
    place: new WaitingPlace({ signal: 'logs', destination, contentType, spool: spool.spool, budget }),
    onOutcome: () => undefined,
  });
  return { delivery, spool, given };
}

const never = new Promise<Sent>(() => undefined);
const tooLarge: Sent = { status: 'refused', reason: 'HTTP status 413', isTooLarge: true };
const later: Sent = { status: 'retry', reason: 'HTTP status 503', afterMs: 60_000, isUnreachable: false };

function recordsIn(payloads: readonly Payload[]): string[] {
  return payloads.flatMap(({ body }) => readLogs(Buffer.from(body)).map((record) => String(record.body))).toSorted();
}

test('the second half of a batch that was too large, while the first is under way', async () => {
  const { delivery, given } = handed((index) => (index === 0 ? tooLarge : never));
  void delivery.send({ body: fiveLogRecords(), itemCount: 5 });
  await untilTrue(() => given.length === 2);
  expect(recordsIn(delivery.takeAll())).toEqual(['0', '1', '2', '3', '4']);
});

test('a batch that nobody took, on its way to the disk', async () => {
  const { delivery, spool, given } = handed(() => later);
  // Two at once are written at the most; it has to wait for one of these.
  const writes = [1, 2].map(async () => spool.spool.keep({ ...batchOf('', 1), body: randomBytes(30_000_000) }));
  const payload = { body: fiveLogRecords(), itemCount: 5 };
  void delivery.send(payload);
  await untilTrue(() => given.length === 1);
  await new Promise(setImmediate);
  expect(delivery.takeAll()).toEqual([payload]);
  await Promise.all(writes);
});

test('a batch that is on the disk already, while that is still looked through for what is too much', async () => {
  const { delivery, spool } = handed(() => later);
  mkdirSync(spool.directory, { mode: 0o700 });
  // The look takes a turn of the event loop for each five hundred.
  for (let index = 0; index < 10_000; index += 1) writeFileSync(join(spool.directory, `other file ${index}`), '');
  const payload = { body: fiveLogRecords(), itemCount: 5 };
  void delivery.send(payload);
  const kept = (): string[] => spool.names().filter((name) => name.includes('.otlp'));
  while (kept().length === 0) await new Promise(setImmediate);
  for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
  expect(delivery.takeAll()).toEqual([payload]);
  expect(kept()).toEqual([]);
});

test('a batch without an answer that was written down is sent along, and goes from the disk when it has arrived', async () => {
  const { delivery, spool } = handed(() => never);
  await delivery.send({ body: fiveLogRecords(), itemCount: 5 });
  expect(spool.names()).toEqual([expect.stringMatching(/\.otlp\.[\w-]+$/)]);
  expect(delivery.takeAll()).toEqual([]);
  const [filed, ...others] = delivery.takeFiled();
  expect(others).toEqual([]);
  expect(recordsIn(filed === undefined ? [] : [filed.payload])).toEqual(['0', '1', '2', '3', '4']);
  filed?.settle(true);
  expect(spool.names()).toEqual([]);
});

test('a batch without an answer that does not arrive at the exit either waits for the next process', async () => {
  const { delivery, spool } = handed(() => never);
  await delivery.send({ body: fiveLogRecords(), itemCount: 5 });
  for (const filed of delivery.takeFiled()) filed.settle(false);
  expect(spool.names()).toEqual([expect.stringMatching(/\.otlp$/)]);
});
