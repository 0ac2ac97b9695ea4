/** A small shop that knows nothing of tracing: plain node:http, three named loggers, and calls to itself over HTTP and fetch. */
import { createServer } from 'node:http';

import { checkOut } from './checkout.js';
import { products, report, stockOf } from './catalogue.js';
import { takePayment } from './payments.js';
import { receiveWebhook } from './webhooks.js';

/** Method and path pattern to handler. A handler returns the body, or throws. */
const routes = [
  ['GET', /^\/products$/, products],
  ['GET', /^\/stock\/(\w+)$/, stockOf],
  ['GET', /^\/report$/, report],
  ['POST', /^\/orders$/, checkOut],
  ['POST', /^\/payments$/, takePayment],
  ['POST', /^\/webhooks\/wordpress$/, receiveWebhook],
  ['GET', /^\/broken$/, broken],
];

const server = createServer((request, response) => {
  handle(request).then(
    (body) => answer(response, 200, body),
    (error) => answer(response, error.status ?? 500, { error: error.message }),
  );
});

async function handle(request) {
  const { pathname } = new URL(request.url, 'http://shop');
  for (const [method, pattern, handler] of routes) {
    const match = request.method === method ? pattern.exec(pathname) : null;
    if (match !== null) return handler({ argument: match[1], body: await bodyOf(request), self: selfUrl() });
  }
  throw Object.assign(new Error(`nothing is sold at ${pathname}`), { status: 404 });
}

async function bodyOf(request) {
  const chunks = await request.toArray();
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

function broken() {
  throw new Error('the shelf fell over');
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function selfUrl() {
  return `http://127.0.0.1:${server.address().port}`;
}

// Taken: any free one will do, since whoever starts the shop reads the address from the line below.
server.once('error', () => server.listen(0, '127.0.0.1'));
server.listen(Number(process.env.PORT ?? 3030), '127.0.0.1');
server.on('listening', () => console.log(`shop: listening on ${selfUrl()}`));
