// The application under chaos: a small shop of orders. Started twice over: under the preload, and bare as the twin whose answers count as right.
import http from 'node:http';

const isBare = process.env.CHAOS_BARE === '1';
const log = isBare ? { info: () => undefined } : (await import('../../dist/index.js')).getLogger('orders');

const realNow = Date.now;
let differenceMs = 0;

/** Answers depend on the number of the order alone, so that the twin gives the same. */
const kinds = {
  plain: (n, response) => response.end(JSON.stringify({ n })),
  created: (n, response) => {
    response.writeHead(201, { Location: `/order/${n}`, 'X-Order': String(n), 'Set-Cookie': ['a=1', 'b=2'] });
    response.end(`created ${n}`);
  },
  failed: (n, response) => {
    response.statusCode = 500;
    response.setHeader('Content-Type', 'text/plain');
    response.end(`no order ${n}`);
  },
  chunked: async (n, response) => {
    for (let part = 0; part < 3; part += 1) {
      response.write(`${n}.${part}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  },
  empty: (_n, response) => response.writeHead(204).end(),
  nested: async (n, response) => {
    const stock = await get(`http://127.0.0.1:${server.address().port}/stock/${n}`);
    response.end(JSON.stringify({ n, stock }));
  },
};

const server = http.createServer((request, response) => {
  const [, place, kind, n] = request.url.split('/');
  if (place === 'stock') {
    response.end(`stock of ${kind}`);
    return;
  }
  log.info({ n: Number(n), kind }, 'order');
  kinds[kind](n, response);
});

function get(url) {
  const { promise, resolve, reject } = Promise.withResolvers();
  http
    .get(url, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(text));
      response.on('error', reject);
    })
    .on('error', reject);
  return promise;
}

process.on('message', (message) => {
  if (message.clockMs !== undefined) {
    differenceMs = message.clockMs;
    Date.now = differenceMs === 0 ? realNow : () => realNow() + differenceMs;
  }
  if (message.memory === true) {
    globalThis.gc();
    process.send({ heapBytes: process.memoryUsage().heapUsed + process.memoryUsage().external });
  }
});
process.on('disconnect', () => process.exit());

server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send({ port: server.address().port }));
