/** A small shop's telemetry: checkout calls inventory and payment; the card service fails for one customer. */
import { newRequest, newSpanId, postLogs, postSpans, type Sender, type TestSpan } from './otlp-post.ts';

/** The ids under which a checkout can be found. */
export interface ShopTrace {
  readonly requestId: string;
  readonly traceId: string;
  readonly rootSpanId: string;
  /** The span in which the card was refused. */
  readonly chargeSpanId: string;
}

const stack = `CardDeclinedError: card declined: insufficient funds
    at chargeCard (/srv/shop/src/payment/charge-card.ts:41:11)
    at async authorize (/srv/shop/src/payment/authorize.ts:18:20)
    at async handle (/srv/shop/node_modules/fastify/lib/handleRequest.js:121:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`;

/** One failed checkout over three services: 12 spans, 3 of them errors, and 9 log lines. */
export async function postCheckout(otlpUrl: string, startMs: number): Promise<ShopTrace> {
  const { requestId, traceId } = newRequest();
  const id = {
    root: newSpanId(),
    cart: newSpanId(),
    toStock: newSpanId(),
    stock: newSpanId(),
    toPay: newSpanId(),
    pay: newSpanId(),
    charge: newSpanId(),
  };
  const common = { 'reqlens.request.id': requestId };
  const checkout: Sender = { otlpUrl, service: 'checkout', traceId, startMs };
  const inventory: Sender = { ...checkout, service: 'inventory' };
  const payment: Sender = { ...checkout, service: 'payment' };
  const to = (host: string, path: string, code: number) => ({
    'http.request.method': 'POST',
    'url.full': `http://${host}:8080${path}`,
    'server.address': host,
    'server.port': 8080,
    'http.response.status_code': code,
    ...common,
  });
  await postSpans(checkout, [
    {
      id: id.root,
      name: 'POST /checkout',
      kind: 2,
      atMs: 0,
      forMs: 486.2,
      error: '',
      attributes: {
        ...common,
        'http.request.method': 'POST',
        'http.route': '/checkout',
        'url.path': '/checkout',
        'url.scheme': 'https',
        'http.response.status_code': 502,
        'http.request.header.x-request-id': requestId,
        'user_agent.original': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15',
        'network.protocol.version': '1.1',
        'client.address': '10.4.17.3',
        'user.id': 'u_48213',
        'shop.cart.items': 3,
        'shop.cart.total': 129.9,
      },
    },
    { id: id.cart, parent: id.root, name: 'load cart', atMs: 2.1, forMs: 21.7, attributes: common },
    {
      parent: id.cart,
      name: 'SELECT carts',
      kind: 3,
      atMs: 3.4,
      forMs: 18.9,
      attributes: {
        ...common,
        'db.system.name': 'postgresql',
        'db.query.text': 'SELECT * FROM carts WHERE user_id = $1 AND open',
      },
    },
    { parent: id.root, name: 'validate address', atMs: 25.2, forMs: 3.1, attributes: common },
    {
      id: id.toStock,
      parent: id.root,
      name: 'POST',
      kind: 3,
      atMs: 29.6,
      forMs: 131.4,
      attributes: to('inventory', '/reserve', 200),
    },
    {
      id: id.toPay,
      parent: id.root,
      name: 'POST',
      kind: 3,
      atMs: 163.3,
      forMs: 318.5,
      error: '',
      attributes: to('payment', '/authorize', 402),
    },
    { parent: id.root, name: 'release reservation', atMs: 482.3, forMs: 2.4, attributes: common },
  ]);
  await postSpans(inventory, [
    {
      id: id.stock,
      parent: id.toStock,
      name: 'POST /reserve',
      kind: 2,
      atMs: 32.8,
      forMs: 125.6,
      attributes: {
        ...common,
        'http.request.method': 'POST',
        'http.route': '/reserve',
        'http.response.status_code': 200,
      },
    },
    ...['espresso-beans', 'filter-papers', 'grinder'].map((sku, at): TestSpan => ({
      parent: id.stock,
      name: 'reserve item',
      atMs: 36 + at * 38,
      forMs: 35.2 + at * 2,
      attributes: { ...common, 'shop.sku': sku, 'shop.quantity': 1 },
      events: at === 2 ? [{ name: 'lock.waited', atMs: 131.5, attributes: { 'lock.ms': 18 } }] : [],
    })),
  ]);
  await postSpans(payment, [
    {
      id: id.pay,
      parent: id.toPay,
      name: 'POST /authorize',
      kind: 2,
      atMs: 166.9,
      forMs: 311.2,
      attributes: {
        ...common,
        'http.request.method': 'POST',
        'http.route': '/authorize',
        'http.response.status_code': 402,
      },
    },
    {
      id: id.charge,
      parent: id.pay,
      name: 'charge card',
      atMs: 171.2,
      forMs: 304.4,
      error: 'card declined: insufficient funds',
      attributes: {
        ...common,
        'shop.card.brand': 'visa',
        'shop.amount': 129.9,
        'shop.retry': false,
        'error.type': 'CardDeclinedError',
      },
      events: [
        { name: 'provider.answered', atMs: 452.7, attributes: { 'provider.code': '51' } },
        {
          name: 'exception',
          atMs: 474.1,
          attributes: {
            'exception.type': 'CardDeclinedError',
            'exception.message': 'card declined: insufficient funds',
            'exception.stacktrace': stack,
          },
        },
      ],
      links: [{ traceId: newRequest().traceId, spanId: newSpanId() }],
    },
  ]);
  await postLogs(checkout, 'shop.checkout', [
    { span: id.root, atMs: 1.2, severity: 9, body: 'checkout started', attributes: { 'cart.items': 3 } },
    { span: id.cart, atMs: 23.1, severity: 5, body: 'cart loaded: 3 items, 129.90 EUR' },
    {
      span: id.root,
      atMs: 481.9,
      severity: 17,
      body: 'payment failed, releasing the reservation',
      attributes: { attempt: 1 },
    },
    { span: id.root, atMs: 485.8, severity: 9, body: 'answered 502 to POST /checkout' },
  ]);
  await postLogs(inventory, 'shop.stock', [
    { span: id.stock, atMs: 34.4, severity: 9, body: 'reserving 3 items' },
    {
      span: id.stock,
      atMs: 133.2,
      severity: 13,
      body: 'waited 18 ms for the lock on sku grinder',
      attributes: { sku: 'grinder' },
    },
  ]);
  await postLogs(payment, 'shop.payment', [
    { span: id.pay, atMs: 168.4, severity: 9, body: 'authorizing 129.90 EUR' },
    { span: id.charge, atMs: 453.3, severity: 13, body: 'provider answered with code 51' },
    {
      span: id.charge,
      atMs: 474.4,
      severity: 17,
      body: 'CardDeclinedError: card declined: insufficient funds',
      attributes: { 'customer.id': 'u_48213', 'provider.code': '51' },
    },
  ]);
  return { requestId, traceId, rootSpanId: id.root, chargeSpanId: id.charge };
}

const plain = [
  ['checkout', 'GET', '/cart/:id', 200, 14.2],
  ['checkout', 'GET', '/products', 200, 42.8],
  ['inventory', 'GET', '/stock/:sku', 200, 3.7],
  ['checkout', 'GET', '/products/:sku', 404, 6.1],
  ['payment', 'GET', '/methods', 200, 1.9],
  ['checkout', 'POST', '/cart/:id/items', 201, 58.4],
  ['checkout', 'GET', '/search', 200, 1240],
  ['inventory', 'PUT', '/stock/:sku', 500, 212],
] as const;

/** Everyday requests, the last one newest; 2 spans and a line each. */
export async function postEverydayRequests(otlpUrl: string, count: number, nowMs: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const [service, method, route, code, forMs] = plain[at % plain.length] ?? plain[0];
    const { requestId, traceId } = newRequest();
    const sender = { otlpUrl, service, traceId, startMs: nowMs - (count - at) * 1730 };
    const root = newSpanId();
    const attributes = {
      'reqlens.request.id': requestId,
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': code,
    };
    const failed = code >= 500 ? { error: 'stock table is locked' } : {};
    await postSpans(sender, [
      { id: root, name: `${method} ${route}`, kind: 2, atMs: 0, forMs, attributes, ...failed },
      {
        parent: root,
        name: 'query',
        kind: 3,
        atMs: forMs * 0.1,
        forMs: forMs * 0.7,
        attributes: { 'db.system.name': 'postgresql' },
      },
    ]);
    await postLogs(sender, `shop.${service}`, [
      { span: root, atMs: forMs * 0.9, severity: 9, body: `${method} ${route} done` },
    ]);
  }
}
