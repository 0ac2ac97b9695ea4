/** Whose usage may be seen. The effect: test/access/matrix.test.ts and test/cli/token.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart, usageInForce } from './said-at-start.ts';

const inForce = async (value: string): Promise<string | undefined> =>
  usageInForce(await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_PRIVILEGED_ROLES: value }));

test('blank means the default; roles are taken as they are written, each once; none means nobody', async () => {
  expect(await inForce('  ')).toContain('privileged-roles=admin,developer ');
  expect(await inForce('SRE, admin,,SRE')).toContain('privileged-roles=SRE,admin ');
  expect(await inForce('none')).toContain('privileged-roles=none ');
});

test('a bad value is reported, and lets nobody in', async () => {
  const lines = await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_PRIVILEGED_ROLES: 'none,admin' });
  expect(lines[0]).toBe(
    'reqlens: REQLENS_PRIVILEGED_ROLES="none,admin" is not usable: expected a list of roles, each of at most 256 characters and none of them a control character; admin is used',
  );
  const long = await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_PRIVILEGED_ROLES: 'x'.repeat(257) });
  expect(long[0]).toMatch(/; nobody is privileged by it$/);
  expect(usageInForce(long)).toContain('privileged-roles=none ');
});
