/** How long an exit may be delayed. The receiver takes everything and answers nothing until told to. */
import { expect, test } from 'vitest';

import { visit } from '../support/env-visit.ts';

const variable = 'REQLENS_SHUTDOWN_TIMEOUT';
const late =
  'reqlens: not everything could be sent at the exit within 1000 ms (REQLENS_SHUTDOWN_TIMEOUT); what was not taken waits on disk for the next process\n';
const receiver = { isHolding: true };

test('unset and blank mean 1000: the exit does not wait for a receiver that says nothing', async () => {
  const sightings = await Promise.all(
    [undefined, ' '].map(async (value) => visit({ [variable]: value }, { receiver })),
  );
  expect(sightings.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    { code: 0, stderr: late },
    { code: 0, stderr: late },
  ]);
});

test('a longer time waits for a slow receiver', async () => {
  const { code, stderr, requests, aborted } = await visit(
    { [variable]: '600000' },
    { receiver: { isHolding: true, releaseAfterMs: 1500 } },
  );
  expect({ code, stderr, sent: requests.length, aborted }).toEqual({
    code: 0,
    stderr: '',
    sent: 1,
    aborted: [],
  });
});

test('a shorter time is over sooner, and says so', async () => {
  const { stderr } = await visit({ [variable]: '150' }, { receiver });
  expect(stderr).toBe(late.replace('1000', '150'));
});

test('0 sends nothing at the exit', async () => {
  const { code, stderr, requests } = await visit({ [variable]: '0' });
  expect({ code, stderr, sent: requests.length }).toEqual({ code: 0, stderr: '', sent: 0 });
});

test.each(['abc', '600001'])('%s is reported, and the default goes on', async (value) => {
  const { code, stderr } = await visit({ [variable]: value }, { receiver });
  const complaint = `reqlens: ${variable}="${value}" is not usable: expected a whole number from 0 to 600000 (milliseconds); 1000 is used\n`;
  expect({ code, stderr }).toEqual({ code: 0, stderr: complaint + late });
});
