/** Trust and host rules as people write them. */
import { expect, test } from 'vitest';

import { parseHostRule, parseNetwork, parseTrustRule, writtenNetworks } from '../../src/config/networks.ts';
import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';

test.each([
  ['10.0.0.0/8', { address: '10.0.0.0', prefix: 8, family: 'ipv4' }],
  ['192.0.2.7', { address: '192.0.2.7', prefix: 32, family: 'ipv4' }],
  ['0.0.0.0/0', { address: '0.0.0.0', prefix: 0, family: 'ipv4' }],
  ['fd00::/8', { address: 'fd00::', prefix: 8, family: 'ipv6' }],
  ['2001:db8::1', { address: '2001:db8::1', prefix: 128, family: 'ipv6' }],
  ['[2001:db8::1]', { address: '2001:db8::1', prefix: 128, family: 'ipv6' }],
  ['::ffff:203.0.113.9', { address: '203.0.113.9', prefix: 32, family: 'ipv4' }],
  ['::ffff:10.0.0.0/104', { address: '10.0.0.0', prefix: 8, family: 'ipv4' }],
])('%s is a network', (text, network) => {
  expect(parseNetwork(text)).toEqual(network);
});

test.each([
  '10.0.0.0/33',
  '10.0.0.300',
  '10.0.0',
  '010.0.0.1',
  'fd00::/129',
  'fe80::1%eth0',
  '10.0.0.0/',
  '/8',
  '',
  '::ffff:1.2.3.4/95',
  '10.0.0.0/-1',
])('"%s" is no network', (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});

test('the words always and never stand alone, in any case', () => {
  expect(parseTrustRule('Always')).toEqual({ rule: { kind: 'always' }, unusable: [] });
  expect(parseHostRule('NEVER')).toEqual({ rule: { kind: 'never' }, unusable: [] });
  expect(parseTrustRule('always,10.0.0.1').unusable).toEqual(['always']);
  expect(parseHostRule('example.com,never').unusable).toEqual(['never']);
});

test('loopback and private stand for their blocks, written back as words', () => {
  const { rule } = parseTrustRule('private, 192.0.2.0/24 ,Loopback,10.0.0.0/8');
  expect(rule?.kind === 'peers' && rule.networks.map(({ address, prefix }) => `${address}/${prefix}`)).toEqual([
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '169.254.0.0/16',
    '100.64.0.0/10',
    'fc00::/7',
    'fe80::/10',
    '192.0.2.0/24',
    '127.0.0.0/8',
    '::1/128',
  ]);
  expect(rule?.kind === 'peers' && writtenNetworks(rule.networks)).toBe('loopback,private,192.0.2.0/24');
});

test('a mistake in a list narrows trust and never widens it', () => {
  const { config, problems } = readConfig({ REQLENS_TRUST_TRACEPARENT: '203.0.113.0/24,10.0.0.0/33' });
  expect(config.requestId.trustTraceparent).toEqual({
    kind: 'peers',
    networks: [{ address: '203.0.113.0', prefix: 24, family: 'ipv4' }],
  });
  expect(problems.map(problemLine)).toEqual([
    'reqlens: REQLENS_TRUST_TRACEPARENT="203.0.113.0/24,10.0.0.0/33" is not usable: expected always, never, proxy, or a list of addresses, CIDR blocks, loopback and private; the list is used without 10.0.0.0/33',
  ]);
});

test.each(['nevr', ',', 'example.com', 'true'])(
  'REQLENS_TRUST_REQUEST_ID=%s has nothing to go by: the default holds',
  (value) => {
    const { config, problems } = readConfig({ REQLENS_TRUST_REQUEST_ID: value });
    expect(config).toEqual(readConfig({}).config);
    expect(problems.map(problemLine)).toEqual([
      `reqlens: REQLENS_TRUST_REQUEST_ID="${value}" is not usable: expected always, never, proxy, or a list of addresses, CIDR blocks, loopback and private; loopback,private is used`,
    ]);
  },
);

test('hosts are listed by address, name and suffix; loopback covers localhost', () => {
  const { rule, unusable } = parseHostRule('loopback,API.Example.com,*.internal,münchen.example,my_service,192.0.2.1');
  expect(unusable).toEqual([]);
  expect(rule).toEqual({
    kind: 'listed',
    networks: [
      { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
      { address: '::1', prefix: 128, family: 'ipv6' },
      { address: '192.0.2.1', prefix: 32, family: 'ipv4' },
    ],
    names: ['localhost', '*.localhost', 'api.example.com', '*.internal', 'xn--mnchen-3ya.example', 'my_service'],
  });
});

test('private covers the names that stay in the own network, and * alone is not for writing', () => {
  const { rule } = parseHostRule('private');
  expect(rule?.kind === 'listed' && rule.names).toEqual(['*', '*.internal', '*.local', '*.home.arpa']);
});

test.each([
  '10.0.0',
  '*',
  'a.*.b',
  'http://a',
  'a:80',
  'a b',
  '10.0.0.300',
  '-a',
  'a..b',
  '*.',
  '*.*.a',
  `${'a'.repeat(64)}.b`,
])('"%s" is no host', (item) => {
  expect(parseHostRule(item)).toEqual({ rule: undefined, unusable: [item] });
});
