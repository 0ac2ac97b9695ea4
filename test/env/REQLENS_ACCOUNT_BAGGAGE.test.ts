/** Whether the account goes along with outgoing requests to trusted hosts. */
import { expect, test } from 'vitest';

import { startAccessApp } from '../access/started-app.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { saidAtStart } from './said-at-start.ts';

const variable = 'REQLENS_ACCOUNT_BAGGAGE';

/** The `baggage` of what the application sent by fetch and by node:http, to this machine under two names. */
async function sentBaggage(value: string | undefined): Promise<unknown> {
  const receiver = await startOtlpReceiver();
  const app = await startAccessApp(
    { [variable]: value, REQLENS_SEND_REQUEST_ID_TO: 'localhost' },
    'test/env/account-app.mjs',
  );
  for (const to of [receiver.url.replace('127.0.0.1', 'localhost'), receiver.url]) {
    await app.raw({ path: `/?to=${to}`, headers: { baggage: 'plan=gold,reqlens.account.id=older' } });
  }
  expect((await app.finish()).stderr).toBe('');
  await receiver.close();
  return receiver.requests.map(({ headers }) => headers['baggage']?.toString().replaceAll(', ', ','));
}

const passedOn = 'plan=gold,reqlens.account.id=older';

test('unset: nothing but what came is passed on', async () => {
  expect(await sentBaggage(undefined)).toEqual([passedOn, passedOn, passedOn, passedOn]);
});

test('on: the account goes to hosts that get the request id, percent-encoded, and to no others', async () => {
  expect(await sentBaggage('true')).toEqual([
    'plan=gold,reqlens.account.id=north%2C%20south',
    'plan=gold,reqlens.account.id=north%2C%20south',
    passedOn,
    passedOn,
  ]);
});

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ [variable]: 'always' })).toEqual([
    `reqlens: ${variable}="always" is not usable: expected true, 1, yes, on, false, 0, no or off; false is used`,
  ]);
});
