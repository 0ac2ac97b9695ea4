/** What the shop has: a fast endpoint, a slow one, and one that other endpoints call. */
import { setTimeout as sleep } from 'node:timers/promises';

import { getLogger } from 'reqlens';

const log = getLogger('publish_sync');

const stock = new Map([
  ['lamp', 12],
  ['chair', 3],
  ['desk', 0],
]);

export function products() {
  return [...stock.keys()];
}

export async function stockOf({ argument: product }) {
  await sleep(5 + Math.random() * 10);
  const count = stock.get(product);
  if (count === undefined) throw Object.assign(new Error(`no such product: ${product}`), { status: 404 });
  log.debug({ product, count }, 'stock read');
  return { product, count };
}

/** Slow on purpose: a step for each product, some waiting and some computing. */
export async function report() {
  const lines = [];
  for (const [product, count] of stock) {
    await sleep(120);
    lines.push({ product, count, checksum: checksum(product) });
    log.info({ product }, 'product published');
  }
  return lines;
}

function checksum(text) {
  let sum = 7;
  for (let round = 0; round < 300_000; round += 1) sum = (sum * 31 + text.charCodeAt(round % text.length)) % 1_000_003;
  return sum;
}
