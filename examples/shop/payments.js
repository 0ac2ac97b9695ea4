/** Takes money, except from one kind of card. */
import { setTimeout as sleep } from 'node:timers/promises';

import { getLogger } from 'reqlens';

const log = getLogger('webhooks');

export async function takePayment({ body: { product, card } }) {
  await sleep(20 + Math.random() * 30);
  if (card === 'expired') throw new Error('the card has expired');
  log.info({ product, card }, 'payment taken');
  return { paid: true };
}
