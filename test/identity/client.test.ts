/** Who the client of a request is, and whether it is believed, for every kind of chain. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Client, RequestHead } from '../../src/identity/client.ts';
import { findBy } from './find-client.ts';

type Env = Readonly<Record<string, string>>;

interface Arrival {
  /** Address of the socket's other end. */
  readonly peer?: string | undefined;
  readonly headers?: RequestHead['headers'];
}

function found({ peer = '10.0.0.9', headers = {} }: Arrival, env: Env = {}): Omit<Client, 'isTraceparentTrusted'> {
  const client = findBy(env)({
    headers,
    rawHeaders: Object.entries(headers).flat().map(String),
    socket: { remoteAddress: peer },
  });
  return { address: client.address, isRequestIdTrusted: client.isRequestIdTrusted };
}

const trusted = (address: string): unknown => ({ address, isRequestIdTrusted: true });
const untrusted = (address: string): unknown => ({ address, isRequestIdTrusted: false });
const xff = (value: string): RequestHead['headers'] => ({ 'x-forwarded-for': value });
const forwarded = (value: string): RequestHead['headers'] => ({ forwarded: value });

describe('by default', () => {
  test.each([
    ['a service of the own network that calls directly', {}, trusted('10.0.0.9')],
    ['this machine', { peer: '::1' }, trusted('::1')],
    ['a public client that calls directly', { peer: '203.0.113.9' }, untrusted('203.0.113.9')],
    ['a public client through an ingress', { headers: xff('203.0.113.9') }, untrusted('203.0.113.9')],
    ['a public client through two', { headers: xff('203.0.113.9, 10.0.0.3') }, untrusted('203.0.113.9')],
    ['a public client that names a private one', { headers: xff('10.0.0.1, 203.0.113.9') }, untrusted('203.0.113.9')],
    [
      'a public client that names a private one, through two',
      { headers: xff('10.0.0.1, 203.0.113.9, 10.0.0.3') },
      untrusted('203.0.113.9'),
    ],
    ['a service of the own network through an ingress', { headers: xff('10.0.0.7') }, trusted('10.0.0.7')],
    [
      'a service of the own network through three',
      { headers: xff('10.0.0.7, 192.168.1.1, fd00::1') },
      trusted('10.0.0.7'),
    ],
    [
      'a public client that speaks for others itself',
      { peer: '203.0.113.9', headers: xff('10.0.0.1') },
      untrusted('203.0.113.9'),
    ],
    ['the same with Forwarded', { peer: '203.0.113.9', headers: forwarded('for=10.0.0.1') }, untrusted('203.0.113.9')],
    ['Forwarded: a public client', { headers: forwarded('for=10.0.0.1, for=203.0.113.9') }, untrusted('203.0.113.9')],
    ['Forwarded: a service of the own network', { headers: forwarded('for="[fd00::7]:80"') }, trusted('fd00::7')],
    ['a dual-stack peer', { peer: '::ffff:10.0.0.9', headers: xff('::ffff:203.0.113.9') }, untrusted('203.0.113.9')],
    ['a chain that ends in nothing known', { headers: xff('10.0.0.7, unknown') }, untrusted('10.0.0.9')],
    ['a chain that begins with nothing known', { headers: xff('unknown, 10.0.0.7') }, untrusted('10.0.0.7')],
    ['a hidden client', { headers: forwarded('for=_hidden') }, untrusted('10.0.0.9')],
    ['a proxy that names nobody', { headers: xff('') }, untrusted('10.0.0.9')],
    ['a public client behind junk', { headers: xff('junk, 203.0.113.9, 10.0.0.3') }, untrusted('203.0.113.9')],
    ['more hops than there can be', { headers: xff('10.0.0.1,'.repeat(40)) }, untrusted('10.0.0.1')],
    ['more bytes than there can be', { headers: xff(`${' '.repeat(5000)}10.0.0.1`) }, untrusted('10.0.0.1')],
    ['a peer that is gone', { peer: '' }, untrusted('')],
    [
      'several fields that were kept apart',
      { headers: { 'x-forwarded-for': ['10.0.0.1', '203.0.113.9'] } },
      untrusted('203.0.113.9'),
    ],
  ] satisfies [string, Arrival, unknown][])('%s', (_, arrival, expected) => {
    expect(found(arrival)).toEqual(expected);
  });
});

describe('both headers', () => {
  test.each([
    ['agree', '10.0.0.7', 'for=10.0.0.7', trusted('10.0.0.7')],
    ['agree in different spellings', 'FD00:0::7', 'for="[fd00::7]:80"', trusted('fd00::7')],
    ['agree on a stranger', '1.1.1.1, 203.0.113.9', 'for=203.0.113.9', untrusted('203.0.113.9')],
    ['disagree', '203.0.113.9', 'for=10.0.0.7', untrusted('10.0.0.9')],
    ['disagree the other way', '10.0.0.7', 'for=203.0.113.9', untrusted('10.0.0.9')],
    ['disagree within the own network', '10.0.0.7', 'for=10.0.0.8', untrusted('10.0.0.9')],
    ['agree, one of them malformed', '10.0.0.7', 'broken, for=10.0.0.7', untrusted('10.0.0.9')],
    ['agree, the other malformed', 'junk, 10.0.0.7', 'for=10.0.0.7', untrusted('10.0.0.7')],
    ['are both malformed', 'junk', 'broken', untrusted('10.0.0.9')],
  ])('%s', (...[, one, other, expected]) => {
    expect(found({ headers: { ...xff(one), ...forwarded(other) } })).toEqual(expected);
  });

  test.each([
    ['x-forwarded-for', untrusted('203.0.113.9')],
    ['X-Forwarded-For', untrusted('203.0.113.9')],
    ['forwarded', trusted('10.0.0.7')],
    ['none', trusted('10.0.0.9')],
    ['cf-connecting-ip', untrusted('2001:db8::1')],
    ['x-real-ip', trusted('10.0.0.9')],
  ])('REQLENS_FORWARDED_HEADER=%s reads that one alone', (name, expected) => {
    const headers = { ...xff('203.0.113.9'), ...forwarded('for=10.0.0.7'), 'cf-connecting-ip': '2001:db8::1' };
    expect(found({ headers }, { REQLENS_FORWARDED_HEADER: name })).toEqual(expected);
  });
});

describe('REQLENS_TRUSTED_PROXIES', () => {
  test.each([
    ['never: each peer is the client', 'never', { headers: xff('203.0.113.9') }, trusted('10.0.0.9')],
    [
      'a list: a hop that is not in it is the client',
      '10.0.0.9',
      { headers: xff('10.0.0.7, 10.0.0.8') },
      trusted('10.0.0.8'),
    ],
    ['a list: hops in it are not', '10.0.0.8/31', { headers: xff('203.0.113.9, 10.0.0.8') }, untrusted('203.0.113.9')],
    [
      'a list: peers that are not in it speak for nobody',
      '192.168.0.0/16',
      { headers: xff('203.0.113.9') },
      trusted('10.0.0.9'),
    ],
    [
      'public proxies',
      'private,198.51.100.0/24',
      { headers: xff('10.0.0.1, 203.0.113.9, 198.51.100.7') },
      untrusted('203.0.113.9'),
    ],
    [
      'always: the left-most',
      'always',
      { peer: '203.0.113.9', headers: xff('10.0.0.1, 8.8.8.8') },
      trusted('10.0.0.1'),
    ],
  ] satisfies [string, string, Arrival, unknown][])('%s', (...[, proxies, arrival, expected]) => {
    expect(found(arrival, { REQLENS_TRUSTED_PROXIES: proxies })).toEqual(expected);
  });
});

describe('REQLENS_TRUST_REQUEST_ID beyond the default', () => {
  test.each([
    ['proxy', 'its own word is enough, whoever the client is', { headers: xff('203.0.113.9') }, true],
    ['proxy', 'whatever the chain is', { headers: xff('junk') }, true],
    ['proxy', 'and without one', {}, true],
    ['proxy', 'but not of a peer that is no trusted proxy', { peer: '203.0.113.9' }, false],
    ['Proxy', 'in any case', { headers: xff('203.0.113.9') }, true],
    ['always', 'a chain changes nothing', { headers: xff('junk') }, true],
    ['never', 'a chain changes nothing', { headers: xff('10.0.0.7') }, false],
    ['203.0.113.9', 'a partner behind the ingress', { headers: xff('203.0.113.9') }, true],
    ['203.0.113.9', 'somebody who names the partner', { headers: xff('203.0.113.9, 198.51.100.1') }, false],
    ['203.0.113.9', 'a partner with something malformed in front', { headers: xff('junk, 203.0.113.9') }, false],
    ['203.0.113.9', 'the own network, which is not in the list', { headers: xff('10.0.0.7') }, false],
  ] satisfies [string, string, Arrival, boolean][])('%s: %s', (...[rule, , arrival, isTrusted]) => {
    expect(found(arrival, { REQLENS_TRUST_REQUEST_ID: rule }).isRequestIdTrusted).toBe(isTrusted);
  });

  test('REQLENS_TRUST_TRACEPARENT is another question about the same client', () => {
    const find = findBy({ REQLENS_TRUST_REQUEST_ID: 'never', REQLENS_TRUST_TRACEPARENT: '203.0.113.9' });
    const { isRequestIdTrusted, isTraceparentTrusted } = find({
      headers: xff('203.0.113.9'),
      socket: { remoteAddress: '10.0.0.9' },
    });
    expect({ isRequestIdTrusted, isTraceparentTrusted }).toEqual({
      isRequestIdTrusted: false,
      isTraceparentTrusted: true,
    });
  });
});

test('without a forwarding header the answer is decided once per connection', () => {
  const find = findBy({});
  const socket: { remoteAddress?: string } = { remoteAddress: '10.0.0.9' };
  const first = find({ headers: {}, rawHeaders: [], socket });
  delete socket.remoteAddress;
  expect(find({ headers: {}, rawHeaders: [], socket })).toBe(first);
});

test('a request that is a mock, without socket or raw headers, is from nobody', () => {
  const find = findBy({});
  for (const socket of [undefined, null, {}, { remoteAddress: 4711 as unknown as string }]) {
    expect(find({ headers: xff('10.0.0.1'), socket }).isRequestIdTrusted).toBe(false);
  }
});

test('a proxy on a Unix domain socket is believed as one on this machine, and a hop on one too', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-client-'));
  const socketPath = join(directory, 'socket');
  const find = findBy({});
  const seen: unknown[] = [];
  const server = createServer((incoming, response) => {
    const { address, isRequestIdTrusted } = find(incoming);
    seen.push([address, isRequestIdTrusted]);
    response.end();
  }).listen(socketPath);
  await once(server, 'listening');
  for (const headers of [{}, xff('203.0.113.9'), xff('10.0.0.7'), xff('unix:'), xff('203.0.113.9, unix:')]) {
    const call = request({ socketPath, headers, agent: false }).end();
    const [response] = await once(call, 'response');
    response.resume();
    await once(response, 'close');
  }
  server.close();
  rmSync(directory, { recursive: true });
  expect(seen).toEqual([
    [undefined, true],
    ['203.0.113.9', false],
    ['10.0.0.7', true],
    [undefined, true],
    ['203.0.113.9', false],
  ]);
});
