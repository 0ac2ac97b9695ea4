/** Which hosts are told the request id. */
import { describe, expect, test } from 'vitest';

import { parseHostRule } from '../../src/config/networks.ts';
import { outgoingHosts } from '../../src/identity/outgoing-hosts.ts';

/** As the variable REQLENS_SEND_REQUEST_ID_TO says it. */
function hosts(text: string): (host: string) => boolean {
  const { rule } = parseHostRule(text);
  if (rule === undefined) throw new Error(`${text} is no rule`);
  return outgoingHosts(rule);
}

const rows: readonly { rule: string; told: string[]; notTold: string[] }[] = [
  {
    rule: 'loopback',
    told: ['localhost', 'LOCALHOST', 'api.localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '[::ffff:127.0.0.1]'],
    notTold: ['localhost.evil.example', 'evil-localhost', 'notlocalhost', '10.0.0.1', 'shop', 'example.com', ''],
  },
  {
    rule: 'loopback,private',
    told: ['orders', 'orders.internal', 'a.b.internal', 'printer.local', 'box.home.arpa', '10.1.2.3', '[fd00::1]'],
    notTold: ['example.com', 'internal.example.com', '8.8.8.8', '[2001:db8::1]', 'evilinternal.com', 'local.com'],
  },
  {
    rule: 'api.example.com,*.shop.example',
    told: ['api.example.com', 'API.example.COM', 'a.shop.example', 'a.b.shop.example'],
    notTold: ['example.com', 'x.api.example.com', 'shop.example', 'evilshop.example', '127.0.0.1', 'localhost'],
  },
  { rule: '203.0.113.0/24', told: ['203.0.113.9'], notTold: ['203.0.114.9', '203.0.113.9.example.com', 'localhost'] },
  { rule: 'always', told: ['example.com', '8.8.8.8', 'localhost'], notTold: [] },
  { rule: 'never', told: [], notTold: ['localhost', '127.0.0.1', 'example.com'] },
];

describe.each(rows)('REQLENS_SEND_REQUEST_ID_TO=$rule', ({ rule, told, notTold }) => {
  test.each(told)('tells %s', (host) => {
    expect(hosts(rule)(host)).toBe(true);
  });
  test.each(notTold)('does not tell %j', (host) => {
    expect(hosts(rule)(host)).toBe(false);
  });
});
