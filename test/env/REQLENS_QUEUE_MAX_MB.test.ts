/** How much memory waits. */
import { expect, test } from 'vitest';

import { visitWithBad } from '../support/env-visit.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { arrivedLines, newSpool, receiverOn, spoolEnv, spoolingApp } from '../spool/spooling.ts';

const variable = 'REQLENS_QUEUE_MAX_MB';

/** 40 lines of 100 kB at once, while nobody listens; then somebody does. @returns How many arrive. */
async function arriving(env: Readonly<Record<string, string>>): Promise<number> {
  const port = await deadPort();
  const app = await spoolingApp({ ...spoolEnv(port, newSpool()), OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '512', ...env });
  await app.get('/make?name=large&lines=40&size=100000');
  const receiver = await receiverOn(port);
  await app.get('/make?name=last&lines=1');
  await receiver.until(() => arrivedLines(receiver, 'last').length === 1 && arrivedLines(receiver, 'large').length > 0);
  await app.get('/end');
  await app.exit;
  return arrivedLines(receiver, 'large').length;
}

test('without a spool the newest lines have no room in 1 MB, and are dropped', async () => {
  expect(await arriving({ [variable]: '1', REQLENS_SPOOL_DIR: 'off' })).toBeLessThan(10);
});

test('by default there is room for them', async () => {
  expect(await arriving({ REQLENS_SPOOL_DIR: 'off' })).toBe(40);
});

test('a bad value is reported, and the default goes on', async () => {
  expect(
    await visitWithBad({ variable, value: '0', complaint: 'expected a number of MB from 1 to 65536; 64 is used' }),
  ).toMatchObject({ code: 0 });
});
