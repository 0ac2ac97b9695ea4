/** Buying something: asks the stock over http.request, the payments over fetch, and tells the other systems. */
import { get } from 'node:http';
import { json } from 'node:stream/consumers';

import { getLogger } from 'reqlens';

const log = getLogger('publish_sync');
const wordpress = getLogger('wordpress_api');

export async function checkOut({ body: { product = 'lamp', card = 'visa' }, self }) {
  const { count } = await getJson(`${self}/stock/${encodeURIComponent(product)}`);
  if (count === 0) {
    log.warn({ product }, 'sold out');
    throw Object.assign(new Error(`${product} is sold out`), { status: 409 });
  }
  const payment = await fetch(`${self}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ product, card }),
  });
  if (!payment.ok) {
    const { error } = await payment.json();
    log.error({ product, err: new Error(error) }, 'payment failed');
    throw Object.assign(new Error(`the payment failed: ${error}`), { status: 502 });
  }
  log.info({ product }, 'order placed');
  wordpress.info({ product, left: count - 1 }, 'stock sent to the blog');
  return { ordered: product };
}

/** With `http.get`, as older code does it. */
async function getJson(url) {
  const { promise, resolve, reject } = Promise.withResolvers();
  get(url, resolve).on('error', reject);
  const response = await promise;
  const body = await json(response);
  if (response.statusCode !== 200) throw Object.assign(new Error(body.error), { status: response.statusCode });
  return body;
}
