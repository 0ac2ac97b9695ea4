/** What other systems tell the shop. */
import { getLogger } from 'reqlens';

const webhooks = getLogger('webhooks');
const wordpress = getLogger('wordpress_api');

export function receiveWebhook({ body: { event = 'post.published' } }) {
  webhooks.info({ event }, 'webhook received');
  // The work goes on after the answer; its log lines still belong to the request.
  setTimeout(() => wordpress.info({ event }, 'post fetched'), 30);
  return { accepted: true };
}
