/** The hops that Forwarded and X-Forwarded-For name. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  addressIn,
  forwardedChain,
  forwardedForChain,
  maxChainBytes,
  maxChainHops,
} from '../../src/identity/forwarded-chain.ts';

describe('a node is an address', () => {
  test.each([
    ['203.0.113.195', '203.0.113.195'],
    ['203.0.113.195:41237', '203.0.113.195'],
    ['203.0.113.195:0', '203.0.113.195'],
    ['203.0.113.195:_hidden', '203.0.113.195'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3:8d3:1319:8a2e:370:7348'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:DB8::1]:8080', '2001:db8::1'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:80', 'fe80::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:a00:1', '10.0.0.1'],
    ['[::ffff:10.0.0.1]:80', '10.0.0.1'],
    ['0:0:0:0:0:ffff:0a00:0001', '10.0.0.1'],
    ['unix:', 'unix:'],
  ])('%s', (node, address) => {
    expect(addressIn(node)).toBe(address);
  });

  test.each([
    '',
    'unknown',
    'UNKNOWN',
    '_hidden',
    '_SEVKISEK',
    'localhost',
    'proxy.example',
    '1',
    '127.1',
    '0x7f.0.0.1',
    '010.0.0.1',
    '256.1.1.1',
    '10.0.0.1.',
    '10.0.0',
    '10.0.0.1/8',
    '10.0.0.1:',
    '10.0.0.1:65536',
    '10.0.0.1:999999',
    '10.0.0.1:http',
    '10.0.0.1:80:80',
    '10.0.0.1 10.0.0.2',
    'user@10.0.0.1',
    '[10.0.0.1]',
    '[]',
    '[::1',
    '::1]',
    '[::1]80',
    '[[::1]]',
    ':::',
    '1::2::3',
    '::ffff:256.0.0.1',
    'unix',
    'unix:/run/app.sock',
    '__proto__',
    '\u0661\u0660.0.0.1',
    '10\u30020\u30020\u30021',
    `${'0'.repeat(4000)}::1`,
    `[::1%${'e'.repeat(4000)}]`,
  ])('%j is none', (node) => {
    expect(addressIn(node)).toBeUndefined();
  });
});

describe('X-Forwarded-For', () => {
  test.each([
    ['203.0.113.195', ['203.0.113.195']],
    ['203.0.113.195, 70.41.3.18, 10.0.0.1', ['10.0.0.1', '70.41.3.18', '203.0.113.195']],
    ['203.0.113.195,70.41.3.18:80 , [2001:db8::1]:443', ['2001:db8::1', '70.41.3.18', '203.0.113.195']],
    [',203.0.113.195, ,\t10.0.0.1,', ['10.0.0.1', '203.0.113.195']],
    [Array.from({ length: maxChainHops }, () => '10.0.0.1').join(), Array(maxChainHops).fill('10.0.0.1')],
  ])('%s, the nearest first', (value, hops) => {
    expect(forwardedForChain(value)).toEqual({ hops, isWellFormed: true });
  });

  test.each([
    ['', []],
    [' , ,', []],
    ['unknown', []],
    ['203.0.113.195, unknown', []],
    ['unknown, 10.0.0.1', ['10.0.0.1']],
    ['203.0.113.195, junk, 10.0.0.2, 10.0.0.1', ['10.0.0.1', '10.0.0.2']],
    ['"203.0.113.195", 10.0.0.1', ['10.0.0.1']],
    ['for=203.0.113.195', []],
    ['203.0.113.195; 10.0.0.1', []],
  ])('%j is not well-formed; known is what stands to the right of the fault', (value, hops) => {
    expect(forwardedForChain(value)).toEqual({ hops, isWellFormed: false });
  });

  test('too many hops: the nearest are known', () => {
    const chain = forwardedForChain(`${'10.0.0.2,'.repeat(maxChainHops)}10.0.0.1`);
    expect(chain).toEqual({ hops: ['10.0.0.1', ...Array(maxChainHops - 1).fill('10.0.0.2')], isWellFormed: false });
  });

  test('too many bytes in front do not hide the hop that the nearest proxy names', () => {
    for (const filler of ['x', ',', ' ', '10.0.0.2,']) {
      const chain = forwardedForChain(`${filler.repeat(maxChainBytes)}, 203.0.113.195`);
      expect(chain.hops[0]).toBe('203.0.113.195');
      expect(chain.isWellFormed).toBe(false);
    }
  });
});

describe('Forwarded', () => {
  test.each([
    ['for=192.0.2.60;proto=http;by=203.0.113.43', ['192.0.2.60']],
    ['proto=http;FOR=192.0.2.60', ['192.0.2.60']],
    ['for=192.0.2.43, for=198.51.100.17', ['198.51.100.17', '192.0.2.43']],
    ['for=192.0.2.43,for="[2001:db8:cafe::17]:4711"', ['2001:db8:cafe::17', '192.0.2.43']],
    ['for="192.0.2.60:1234"', ['192.0.2.60']],
    ['for=192.0.2.60:1234', ['192.0.2.60']],
    ['for=[2001:db8::1]', ['2001:db8::1']],
    ['for="192.0.2.6\\0"', ['192.0.2.60']],
    ['for=192.0.2.60;;host=a', ['192.0.2.60']],
    [' ,for=192.0.2.60 ; host="a,b;for=10.0.0.1" ,, for=10.0.0.2,', ['10.0.0.2', '192.0.2.60']],
    ['for=192.0.2.60;x="\\"";y=1', ['192.0.2.60']],
    ['__proto__=x;constructor=y;for=192.0.2.1', ['192.0.2.1']],
  ])('%s, the nearest first', (value, hops) => {
    expect(forwardedChain(value)).toEqual({ hops, isWellFormed: true });
  });

  test.each([
    ['', []],
    [',', []],
    [';', []],
    ['for=unknown', []],
    ['for=_hidden, for=_SEVKISEK', []],
    ['for=_hidden, for=10.0.0.1', ['10.0.0.1']],
    ['proto=https', []],
    ['proto=https, for=10.0.0.1', ['10.0.0.1']],
    ['for=10.0.0.1, by=10.0.0.2', []],
    ['for=10.0.0.1;for=10.0.0.2', []],
    ['for=10.0.0.1;FOR=10.0.0.1', []],
    ['for=', []],
    ['for=""', []],
    ['for', []],
    ['=10.0.0.1', []],
    ['10.0.0.1', []],
    ['for =10.0.0.1', []],
    ['for= 10.0.0.1', []],
    ['for="10.0.0.1', []],
    ['for="10.0.0.1\\"', []],
    ['for="10.0.0.1"x', []],
    ['for=10.0.0.1 for=10.0.0.2', []],
    ['for=10.0.0.1, broken', []],
    ['for="unix:"x, for=10.0.0.1', []],
  ])('%j is not well-formed', (value, hops) => {
    expect(forwardedChain(value)).toEqual({ hops, isWellFormed: false });
  });

  test('too many hops, too many bytes', () => {
    expect(forwardedChain(`${'for=10.0.0.2,'.repeat(maxChainHops)}for=10.0.0.1`).isWellFormed).toBe(false);
    expect(forwardedChain(`for=10.0.0.1;x=${'y'.repeat(maxChainBytes)}`)).toEqual({ hops: [], isWellFormed: false });
  });
});

const ports = fc.constantFrom('', ':1', ':65535');
const ipv4 = fc.ipV4();
const node = fc.oneof(
  fc.tuple(ipv4, ports).map(([address, port]) => ({ address, written: `${address}${port}` })),
  fc.tuple(fc.ipV6(), ports).map(([address, port]) => ({ address, written: `[${address}]${port}` })),
);
const padding = fc.constantFrom('', ' ', '\t', ' , ', ',');

test('every chain of addresses is read in either header, however it is padded', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(node, padding, padding), { minLength: 1, maxLength: maxChainHops }), (members) => {
      const hops = members.map(([{ address }]) => addressIn(address)).toReversed();
      expect(hops).not.toContain(undefined);
      const plain = members.map(([{ written }, before, after]) => `${before}${written}${after}`).join(',');
      const quoted = members.map(([{ written }, before, after]) => `${before}for="${written}";by=x${after}`).join(',');
      expect(forwardedForChain(plain)).toEqual({ hops, isWellFormed: true });
      expect(forwardedChain(quoted)).toEqual({ hops, isWellFormed: true });
    }),
    { numRuns: 500 },
  );
});

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.constantFrom('for=', 'by=', ';', ',', '"', '\\', '10.0.0.1', '[::1]', ' ', ':', '=', 'x'), {
      maxLength: 60,
    })
    .map((parts) => parts.join('')),
);

test('whatever somebody sends in front, the hop that the nearest proxy has added is the nearest in the chain', () => {
  fc.assert(
    fc.property(anything, ipv4, (sent, added) => {
      expect(forwardedForChain(`${sent}, ${added}`).hops[0]).toBe(added);
      // In front of an unclosed quote of his, a proxy's own word can't be told from his: then nothing is believed.
      const { hops, isWellFormed } = forwardedChain(`${sent}, for=${added}`);
      expect(hops[0] === added || (hops.length === 0 && !isWellFormed)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('no input takes long: blanks, quotes, backslashes and separators by the thousand', () => {
  const started = process.cpuUsage();
  for (const piece of [' ', '\t', ';', ',', '"', '\\', 'a', 'a=', 'a="', 'for=" ', 'for=a ', '[', ':', '%']) {
    const value = piece.repeat(maxChainBytes / piece.length);
    for (let count = 0; count < 20; count += 1) {
      forwardedChain(value);
      forwardedChain(`for=10.0.0.1${value}x`);
      forwardedForChain(value);
      addressIn(value);
    }
  }
  // 1,120 calls. A quadratic step would need minutes here; the bound leaves room for a slow machine.
  expect(process.cpuUsage(started).user).toBeLessThan(20_000_000);
});
