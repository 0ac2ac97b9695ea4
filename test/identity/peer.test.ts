/** Whose ids are believed, by the address of the connection. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Peer } from '../../src/identity/peer.ts';
import { findBy } from './find-client.ts';

/** As the variable REQLENS_TRUST_REQUEST_ID says it. */
function trust(text: string): (peer: Peer) => boolean {
  const find = findBy({ REQLENS_TRUST_REQUEST_ID: text });
  return (socket) => find({ headers: {}, rawHeaders: [], socket }).isRequestIdTrusted;
}

const rows: readonly { rule: string; trusted: string[]; untrusted: string[] }[] = [
  {
    rule: 'loopback',
    trusted: ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'],
    untrusted: ['128.0.0.1', '126.255.255.255', '10.0.0.1', '::2', '::', '::ffff:10.0.0.1', 'fe80::1'],
  },
  {
    rule: 'private',
    trusted: [
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.1.1',
      '100.64.0.1',
      'fc00::1',
      'fd12::1',
      'fe80::1',
      '::ffff:10.1.2.3',
    ],
    untrusted: [
      '11.0.0.1',
      '172.15.255.255',
      '172.32.0.0',
      '192.169.0.1',
      '100.128.0.1',
      '8.8.8.8',
      '127.0.0.1',
      '2001:db8::1',
      'fec0::1',
      '::ffff:8.8.8.8',
    ],
  },
  {
    rule: 'loopback,private',
    trusted: ['127.0.0.1', '::1', '10.0.0.1'],
    untrusted: ['203.0.113.1', '2001:db8::1'],
  },
  {
    rule: '203.0.113.0/24',
    trusted: ['203.0.113.0', '203.0.113.255', '::ffff:203.0.113.7'],
    untrusted: ['203.0.112.255', '203.0.114.0', '127.0.0.1'],
  },
  { rule: '203.0.113.7', trusted: ['203.0.113.7'], untrusted: ['203.0.113.6', '203.0.113.8'] },
  { rule: '2001:db8::/32', trusted: ['2001:db8::1', '2001:DB8:ffff::'], untrusted: ['2001:db9::1', '::1'] },
  { rule: '0.0.0.0/0', trusted: ['8.8.8.8', '::ffff:8.8.8.8'], untrusted: ['::1', '2001:db8::1'] },
  { rule: 'always', trusted: ['8.8.8.8', '2001:db8::1', 'junk'], untrusted: [] },
  { rule: 'never', trusted: [], untrusted: ['127.0.0.1', '::1', '10.0.0.1'] },
];

describe.each(rows)('REQLENS_TRUST_REQUEST_ID=$rule', ({ rule, trusted, untrusted }) => {
  test.each(trusted)('trusts %s', (remoteAddress) => {
    expect(trust(rule)({ remoteAddress })).toBe(true);
  });
  test.each([...untrusted])('does not trust %s', (remoteAddress) => {
    expect(trust(rule)({ remoteAddress })).toBe(false);
  });
});

test.each(['', 'junk', '127.0.0.1.evil.example', '::ffff:junk', '127.1', '0x7f.0.0.1', '127.0.0.1:80'])(
  'the address %j is no address, and nobody',
  (remoteAddress) => {
    expect(trust('loopback,private,0.0.0.0/0,::/0')({ remoteAddress })).toBe(false);
  },
);

test('a link-local address with its interface is in the private networks', () => {
  expect(trust('private')({ remoteAddress: 'fe80::1%eth0' })).toBe(true);
});

test('a connection without address is not trusted: a socket that was destroyed has lost its own', () => {
  expect(trust('loopback')({})).toBe(false);
  expect(trust('always')({})).toBe(true);
});

test('the answer is kept for the connection, whose address may be gone before its last request is read', () => {
  const peer: { remoteAddress?: string } = { remoteAddress: '127.0.0.1' };
  const isTrusted = trust('loopback');
  expect(isTrusted(peer)).toBe(true);
  delete peer.remoteAddress;
  expect(isTrusted(peer)).toBe(true);
});

test('a Unix domain socket is of this machine, and counts as loopback', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-trust-'));
  const path = join(directory, 'socket');
  const server = createServer().listen(path);
  await once(server, 'listening');
  const client = connect(path);
  const [peer] = await once(server, 'connection');
  expect(trust('loopback')(peer)).toBe(true);
  expect(trust('never')(peer)).toBe(false);
  expect(trust('private,203.0.113.0/24')(peer)).toBe(false);
  client.destroy();
  peer.destroy();
  await once(server.close(), 'close');
  rmSync(directory, { recursive: true });
});
