/** What of an address may be recorded: all of it but its secrets, byte for byte. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import { parseQueryRedaction, redactedQueryNames } from '../../src/config/query-redaction.ts';
import { UrlRedaction } from '../../src/identity/redacted-url.ts';

const urls = new UrlRedaction(redactedQueryNames);

test.each([
  // The four of the semantic conventions.
  ['AWSAccessKeyId=a&Signature=b&sig=c&X-Goog-Signature=d', 'AWSAccessKeyId=REDACTED&Signature=REDACTED&sig=REDACTED&X-Goog-Signature=REDACTED'],
  ['X-Amz-Signature=a&X-Amz-Security-Token=b&X-Amz-Date=c', 'X-Amz-Signature=REDACTED&X-Amz-Security-Token=REDACTED&X-Amz-Date=c'],
  ['access_token=a&refreshToken=b&ID_TOKEN=c&Api-Key=d', 'access_token=REDACTED&refreshToken=REDACTED&ID_TOKEN=REDACTED&Api-Key=REDACTED'],
  ['hmac=a&oauth_token=b&hub.verify_token=c&Subscription-Key=d&page_token=e', 'hmac=REDACTED&oauth_token=REDACTED&hub.verify_token=REDACTED&Subscription-Key=REDACTED&page_token=e'],
  ['token=a&token=b&x=c', 'token=REDACTED&token=REDACTED&x=c'],
  ['a=1;token=x;b=2', 'a=1;token=REDACTED;b=2'],
  ['password=x;y;z&b=2', 'password=REDACTED&b=2'],
  ['password=x;y;b=2;c', 'password=REDACTED;b=2;c'],
  ['filter[password]=x&user.secret=y&token[]=z&tokens=ok', 'filter[password]=REDACTED&user.secret=REDACTED&token[]=REDACTED&tokens=ok'],
  ['%70assword=x&filter%5Bpassword%5D=y&%E0password=z', '%70assword=REDACTED&filter%5Bpassword%5D=REDACTED&%E0password=z'],
  ['pass%77ord%=x', 'pass%77ord%=REDACTED'.replace('REDACTED', 'x')],
  ['token=a=b==&c=d', 'token=REDACTED&c=d'],
  ['token=&password', 'token=&password'],
  ['?token=x#access_token=y&z=1', '?token=REDACTED#access_token=REDACTED&z=1'],
  ['', ''],
  ['&&==&', '&&==&'],
])('the query %j is recorded as %j', (query, expected) => {
  expect(urls.query(query)).toBe(expected);
}); // prettier-ignore

test.each([
  ['https://user:pw@host/path', 'https://REDACTED:REDACTED@host/path'],
  ['https://user@host', 'https://REDACTED@host'],
  ['redis://:p@ss:w?@host:6379/0', 'redis://REDACTED:REDACTED@host:6379/0'],
  ['redis://user:pa;ss@host/0', 'redis://REDACTED:REDACTED@host/0'],
  ['redis://user:pa;token=ss@host/0;sig=x', 'redis://REDACTED:REDACTED@host/0;sig=REDACTED'],
  ['redis://us;er@host', 'redis://REDACTED@host'],
  ['amqp://user:pa#ss@host:5672', 'amqp://REDACTED:REDACTED@host:5672'],
  ['amqp://user:pa?s#s@host?sig=x', 'amqp://REDACTED:REDACTED@host?sig=REDACTED'],
  ['amqp://user:123456#@host', 'amqp://REDACTED:REDACTED@host'],
  ['mongodb://u:p?w@h1:1,h2:2/db', 'mongodb://REDACTED:REDACTED@h1:1,h2:2/db'],
  ['mongodb://u:p@h1:1,[::1]:2?mail=a@b', 'mongodb://REDACTED:REDACTED@h1:1,[::1]:2?mail=a@b'],
  ['https://host?mail=a@b', 'https://host?mail=a@b'],
  ['https://host:8080?mail=a@b', 'https://host:8080?mail=a@b'],
  ['https://[::1]#a@b', 'https://[::1]#a@b'],
  ['https://u:p@host?mail=a@b', 'https://REDACTED:REDACTED@host?mail=a@b'],
  ['/npm//@scope/pkg', '/npm//@scope/pkg'],
  ['/npm//user:pw@scope/pkg?token=x', '/npm//user:pw@scope/pkg?token=REDACTED'],
  ['/proxy/https://user:pw@host/', '/proxy/https://REDACTED:REDACTED@host/'],
  ['/login?next=//a@b', '/login?next=//a@b'],
  ['postgres://u:p@h1,h2/db?sslmode=require&password=x', 'postgres://REDACTED:REDACTED@h1,h2/db?sslmode=require&password=REDACTED'],
  ['//user:pw@host/', '//REDACTED:REDACTED@host/'],
  ['https://host/a@b?c=@d', 'https://host/a@b?c=@d'],
  ['https://h/cb#access_token=x&token_type=bearer', 'https://h/cb#access_token=REDACTED&token_type=bearer'],
  ['/path?token=x', '/path?token=REDACTED'],
  ['/path;jsessionid=ABC', '/path;jsessionid=REDACTED'],
  ['mailto:a@b', 'mailto:a@b'],
])('the address %j is recorded as %j', (url, expected) => {
  expect(urls.url(url)).toBe(expected);
}); // prettier-ignore

test('addresses in a text', () => {
  const said =
    'connect to "amqp://u:p@mq" failed (see https://h/x?token=abc&y=1), not https://h/y?page=1\n    at file:///app/a.js:1';
  expect(urls.text(said)).toBe(
    'connect to "amqp://REDACTED:REDACTED@mq" failed (see https://h/x?token=REDACTED&y=1), not https://h/y?page=1\n    at file:///app/a.js:1',
  );
});

describe('whatever the text', () => {
  const piece = fc.oneof(
    fc.constantFrom('token', 'a', '=', '&', ';', '?', '#', '%', '[', ']', '://', '@', ':', '/', ' ', '"'),
    fc.string(),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  test('without a name of the list nothing is changed', () => {
    const none = new UrlRedaction(parseQueryRedaction('none').names);
    const one = new UrlRedaction(['token']);
    fc.assert(
      fc.property(text, (each) => {
        expect(none.query(each)).toBe(each);
        const plain = each.replaceAll('token', 'page');
        expect(one.query(plain)).toBe(plain);
      }),
    );
  });

  test('a secret behind a name of the list is nowhere in it', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const query = `${before}&token=s3cr3t&${after}`;
        expect(urls.query(query)).not.toContain('s3cr3t');
        expect(urls.text(`https://host/?${query}`.replaceAll(/[\s"'`<>]/g, ''))).not.toContain('s3cr3t');
      }),
    );
  });

  test('what is redacted already stays as it is', () => {
    fc.assert(
      fc.property(text, (each) => {
        expect(urls.url(urls.url(each))).toBe(urls.url(each));
      }),
    );
  });
});

test('megabytes take a moment', () => {
  for (const piece of ['&', 'a=', 'token=&', 'token=x&', '%', '://', '://u:p@', '[', '#', '@', 'a']) {
    for (const end of ['', 'a=1', '=', '@']) {
      const long = piece.repeat(Math.floor((1024 * 1024) / piece.length)) + end;
      expect(urls.query(long).length).toBeGreaterThan(1000);
      expect(urls.url(`https://${long}`).length).toBeGreaterThan(8);
      expect(urls.text(`${long} https://${long}`).length).toBeGreaterThan(1000);
    }
  }
});

test('a name that was seen does not keep the text that it was in', () => {
  const own = new UrlRedaction(redactedQueryNames);
  const collect = collector();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 500; index += 1) own.query(`name-of-parameter-${index}=${'x'.repeat(64 * 1024)}`);
  collect();
  // Five hundred texts are 32 MiB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  expect(own.query('name-of-parameter-1=a&password=b')).toBe('name-of-parameter-1=a&password=REDACTED');
});

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

test('a broken name costs no error', () => {
  const made = vi.spyOn(globalThis, 'decodeURIComponent');
  expect(urls.query('%=1&%zz=2&%E0=3&%70assword=4&a%zzpassword=5')).toBe(
    '%=1&%zz=2&%E0=3&%70assword=REDACTED&a%zzpassword=5',
  );
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
});
