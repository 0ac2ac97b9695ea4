/** An attribute called `__proto__` sets what the others inherit (README, Limits). It brings nothing to light, and takes nothing away. */
import { expect, test } from 'vitest';

import { SecretAttributes } from '../../src/identity/secret-attributes.ts';

test('what attributes inherit is none of them', () => {
  const inherited = { password: 's3cr3t', 'url.full': 'https://host/?token=s3cr3t' };
  const attributes: object = Object.setPrototypeOf({ token: 's3cr3t', page: 1 }, inherited);
  new SecretAttributes({ redact: ['password', 'token'], redactQuery: ['token'] }).clean(attributes);
  expect(Object.entries(attributes)).toEqual([
    ['token', '[Redacted]'],
    ['page', 1],
  ]);
  expect(inherited.password).toBe('s3cr3t');
});
