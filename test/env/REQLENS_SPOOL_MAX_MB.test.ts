/** How much waits on disk. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { visitWithBad } from '../support/env-visit.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { newSpool, spooledFiles, spoolEnv, spoolingApp } from '../spool/spooling.ts';
import { untilTrue } from '../support/until-true.ts';

const variable = 'REQLENS_SPOOL_MAX_MB';

/** As the file system counts it: small files take a block of 4 KiB. */
function blocksIn(spool: string): number {
  return readdirSync(spool).reduce((sum, name) => sum + Math.ceil(sizeOf(join(spool, name)) / 4096) * 4096, 0);
}

/** 0 when it has gone since. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

test('the oldest batches go when there are more, and that is said', async () => {
  const spool = newSpool();
  const env = { ...spoolEnv(await deadPort(), spool), OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1', [variable]: '1' };
  const app = await spoolingApp(env);
  await app.get('/make?name=first&spans=1');
  await untilTrue(() => spooledFiles(spool).length > 0);
  const [oldest = ''] = spooledFiles(spool);
  await app.get('/make?name=many&spans=600');
  await untilTrue(() => app.stderr().includes(variable));
  await untilTrue(() => blocksIn(spool) <= 1024 * 1024);
  expect(spooledFiles(spool)).not.toContain(oldest);
  expect(app.stderr()).toMatch(/reqlens: dropped \d+ spans?: what waits on disk has reached REQLENS_SPOOL_MAX_MB\n/);
});

test('a bad value is reported, and the default goes on', async () => {
  expect(
    await visitWithBad({
      variable,
      value: 'lots',
      complaint: 'expected a number of MB from 1 to 1048576; 256 is used',
    }),
  ).toMatchObject({ code: 0 });
});
