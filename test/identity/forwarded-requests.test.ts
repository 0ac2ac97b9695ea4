/** Chains that a hostile client tries to end where he likes, over a socket: what the preload makes of them. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { exchange, onlyResponse } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import type { TracedApp } from '../http/support/traced-app.ts';

const sent = 'order-4711';
let app: TracedApp;
beforeAll(async () => {
  app = await startTracedApp('plain-app.mjs');
});
afterAll(async () => app.stop());

/** @returns Whether the id that came was kept. */
async function isKept(lines: readonly string[]): Promise<boolean> {
  const head = ['GET / HTTP/1.1', 'Host: shop.example', 'Connection: close', ...lines];
  const { received } = await exchange({ port: app.port, send: `${head.join('\r\n')}\r\n\r\n` });
  return onlyResponse(received).all('x-request-id')[0] === sent;
}

const id = `X-Request-ID: ${sent}`;
const added = 'X-Forwarded-For: 203.0.113.9';

test('the peer is a trusted proxy, and the id of a client in the own network is kept', async () => {
  expect(await isKept([id])).toBe(true);
  expect(await isKept([id, 'X-Forwarded-For: 10.0.0.7'])).toBe(true);
  expect(await isKept([id, added])).toBe(false);
});

test.each([
  ["a field of his own before the proxy's", ['X-Forwarded-For: 10.0.0.1', added]],
  ['a field in another case', ['x-FORWARDED-for: 10.0.0.1', added]],
  ['a field behind which the proxy has appended', ['X-Forwarded-For: 10.0.0.1, 203.0.113.9']],
  ['a comma at the end', ['X-Forwarded-For: 10.0.0.1,, 203.0.113.9']],
  ['an open quote', ['X-Forwarded-For: "10.0.0.1', added]],
  ["a Forwarded beside the proxy's X-Forwarded-For", ['Forwarded: for=10.0.0.1', added]],
  [
    'an open quote in Forwarded, which the proxy has appended to',
    ['Forwarded: for="10.0.0.1', 'Forwarded: for=203.0.113.9'],
  ],
  ['a quoted comma in Forwarded', ['Forwarded: for="10.0.0.1,10.0.0.2"', 'Forwarded: for=203.0.113.9']],
  ['a mapped address', ['X-Forwarded-For: ::ffff:10.0.0.1', 'X-Forwarded-For: ::ffff:cb00:7109']],
  ['an absurdly long chain', [`X-Forwarded-For: ${'10.0.0.1,'.repeat(1000)}`]],
  ['an empty one', ['X-Forwarded-For:']],
  ['nobody known', ['Forwarded: for=unknown;by=_hidden']],
] as const)('%s does not help', async (_, lines) => {
  expect(await isKept([id, ...lines])).toBe(false);
});

test('a head so full that Node drops what the proxy has put at its end does not help either', async () => {
  const kept: number[] = [];
  for (const count of [10, 900, 990, 994, 995, 996, 997, 998, 999, 1000, 1030, 1100, 1990, 2100]) {
    const filler = Array.from({ length: count }, () => 'a: 1');
    if (await isKept([id, ...filler, added])) kept.push(count);
  }
  expect(kept).toEqual([]);
  // A large head of a trusted client is no reason to doubt it, as long as all of it arrives.
  expect(await isKept([id, ...Array.from({ length: 900 }, () => 'a: 1')])).toBe(true);
});
