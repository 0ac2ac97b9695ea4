/** How long something waits on disk. */
import { expect, test } from 'vitest';

import { visitWithBad } from '../support/env-visit.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { untilTrue } from '../support/until-true.ts';
import {
  arrivedSpans,
  newSpool,
  receiverOn,
  spooledFiles,
  spoolEnv,
  spoolingApp,
  spoolingScript,
} from '../spool/spooling.ts';

const variable = 'REQLENS_SPOOL_MAX_AGE';

test('what is older is dropped and said, what is younger is sent', async () => {
  const spool = newSpool();
  const port = await deadPort();
  await spoolingScript(['old', '5', '0'], spoolEnv(port, spool));
  expect(spooledFiles(spool).length).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const receiver = await receiverOn(port);
  const app = await spoolingApp({ ...spoolEnv(port, spool), [variable]: '2s' });
  await app.get('/make?name=young&spans=5');
  await untilTrue(() => spooledFiles(spool).length === 0);
  await receiver.until(() => arrivedSpans(receiver, 'young').length === 5);
  expect(arrivedSpans(receiver, 'old')).toEqual([]);
  await untilTrue(() => app.stderr().includes(`: they waited on disk for longer than ${variable}`));
});

test('a bad value is reported, and the default goes on', async () => {
  expect(
    await visitWithBad({
      variable,
      value: '24',
      complaint: 'expected a number with s, m, h, d or w (e.g. 12h, 14d); 24h is used',
    }),
  ).toMatchObject({ code: 0 });
});
