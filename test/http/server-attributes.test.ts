/** Attributes of requests made of random pieces, beside what the stock instrumentation's own function says of them. */
import type { IncomingMessage } from 'node:http';

import { diag } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { expect, test } from 'vitest';

import { serverAddress } from '../../src/http/forwarded.ts';
import { requestAttributes } from '../../src/http/server-attributes.ts';
import type { Scheme } from '../../src/http/server-attributes.ts';

interface StockUtils {
  readonly getIncomingRequestAttributes: (
    request: IncomingMessage,
    options: { readonly component: Scheme; readonly enableSyntheticSourceDetection: boolean },
    logger: typeof diag,
  ) => Attributes;
}

/** Not exported by the package, and without types, but a file of it. */
const utilsFile = new URL('../../node_modules/@opentelemetry/instrumentation-http/dist/utils.mjs', import.meta.url);
const { getIncomingRequestAttributes }: StockUtils = await import(utilsFile.href);

/** Numbers from 0 to 1, the same in every run, so that what fails once fails again (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(4711);
const pieces = [
  '/.%?&=+#ab:@[];,"\'<>\\^`{}|~!$()*-_ \t10'.split(''),
  ['//', '..', '%2e', '%2E', '%zz', '%20', '%41', '%C3%A9', '\u00e9', '\u0080', '\u00ff'],
  ['sig', 'Signature', 'AWSAccessKeyId', 'X-Goog-Signature', 'http:', 'https://', 'http', 'host', 'for', 'proto'],
  ['example', 'x.y', 'xn--', '192.0.2.1', '2001:db8::1', '::1', '443', '80', '255', '256', '0x7f', '__proto__'],
].flat();

function one<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

/** Up to so many pieces. */
function text(most: number): string {
  return Array.from({ length: Math.floor(random() * most) }, () => one(pieces)).join('');
}

function headers(): Record<string, string> {
  const forwarded = [
    text(8),
    `for=${text(3)}`,
    `for="${text(3)}";host=${text(3)};proto=${one(['http', 'https', text(2)])}`,
  ];
  const all = {
    host: one([text(5), 'shop.example', 'shop.example:8080', `${text(3)}:${text(2)}`, `[${text(3)}]:${text(2)}`]),
    forwarded: one([...forwarded, `for=${text(2)},for=${text(2)};host="${text(3)}"`]),
    'x-forwarded-for': text(5),
    'x-forwarded-host': text(5),
    'x-forwarded-proto': one(['http', 'https', text(3)]),
    'user-agent': text(3),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => random() < (name === 'host' ? 0.9 : 0.3)));
}

function randomRequest(): IncomingMessage {
  const request = {
    headers: headers(),
    method: one(['GET', 'get', 'QUERY', 'X', 'Post', 'PROPFIND', 'constructor', '__proto__']),
    // Never empty: the parser refuses a request line without a target.
    url: one([`/${text(8)}`, text(6) || '*', `/a?${text(10)}`, `/${text(3)}?${text(6)}`]),
    httpVersion: '1.1',
    socket: { remoteAddress: one(['127.0.0.1', '::1', '::ffff:10.0.0.1']), remotePort: 1 },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that either function reads of a request
  return request as unknown as IncomingMessage;
}

function stockAttributes(request: IncomingMessage, component: Scheme): Record<string, unknown> {
  const options = { component, enableSyntheticSourceDetection: false };
  const attributes = getIncomingRequestAttributes(request, options, diag);
  // Stock names the left-most hop, ours the client that can be believed (test/identity/client.test.ts).
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => value !== undefined && name !== 'client.address'),
  );
}

test('20,000 random requests have the attributes that stock gives them', () => {
  for (let count = 0; count < 20_000; count += 1) {
    const request = randomRequest();
    const scheme = one(['http', 'https'] as const);
    const ours = requestAttributes(request, scheme, undefined);
    const { 'server.port': stockPort, ...stock } = stockAttributes(request, scheme);
    // Stock has NaN, 1e400 and -1 for ports as well; test/valid-bytes says when there is none.
    const port = ours['server.port'] === undefined ? {} : { 'server.port': stockPort };
    // Stock encodes semicolons (test/http/parity.test.ts).
    const query = ours['url.query']?.toString().includes(';') === true ? { 'url.query': ours['url.query'] } : {};
    expect({ request, ...ours }).toEqual({ request, ...stock, ...port, ...query });
  }
});

test('a forwarded scheme with a blank in it is not taken for a part of another host', () => {
  expect(serverAddress({ 'x-forwarded-proto': 'a b', 'x-forwarded-host': 'c' }, 'http')?.host).toBe('c');
  expect(serverAddress({ 'x-forwarded-proto': 'a', 'x-forwarded-host': 'b c' }, 'http')?.host).toBe('b c');
});
