/**
 * A server whose paths are all free for the test: what it does is said by the header `x-do`. `x-case` goes onto its span, so
 * that spans of two processes can be laid side by side.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setImmediate as immediate } from 'node:timers/promises';

import { context, trace } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';

// A handler that throws must not end the server here; what is compared is its span.
process.on('uncaughtException', () => {});

const deeds = {
  ok: (request, response) => response.end('ok'),
  status: (request, response) => {
    response.statusCode = Number(request.headers['x-status']);
    response.end();
  },
  writeHead: (request, response) => {
    response.writeHead(Number(request.headers['x-status']), 'Said So', { 'x-own': '1' });
    response.end('said');
  },
  throw: (request, response) => {
    response.writeContinue();
    throw new TypeError('the handler threw');
  },
  throwCustom: (request, response) => {
    response.writeContinue();
    throw Object.assign(new Error('with a name of its own'), { name: 'ShopError', code: 'E_SHOP' });
  },
  refusedStatus: (request, response) => {
    response.writeContinue();
    response.statusCode = Number(request.headers['x-status']);
    response.end();
  },
  throwLate: async (request, response) => {
    await immediate();
    response.statusCode = 500;
    response.end();
    throw new Error('after the answer');
  },
  chunks: (request, response) => {
    response.write('one');
    setImmediate(() => {
      response.write('two');
      setImmediate(() => response.end('three'));
    });
  },
  trailers: (request, response) => {
    response.writeHead(200, { Trailer: 'X-Sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': '1' });
    response.end();
  },
  body: async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    response.end(String(bytes));
  },
  hints: (request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('hinted');
  },
  hangAfterHead: (request, response) => {
    response.writeHead(206);
    response.write('begun');
  },
  route: (request, response) => {
    getRPCMetadata(context.active()).route = request.headers['x-route'];
    response.end('routed');
  },
  lateRoute: (request, response) => {
    response.on('finish', () => {
      getRPCMetadata(context.active()).route = '/late/:id';
    });
    response.end('routed');
  },
  ownSpan: (request, response) => {
    const span = trace.getTracer('app').startSpan('own work');
    span.setAttribute('test.case', Number(request.headers['x-case']));
    span.end();
    response.end('worked');
  },
};

function handle(request, response) {
  const number = Number(request.headers['x-case']);
  trace.getActiveSpan()?.setAttribute('test.case', number);
  return deeds[request.headers['x-do'] ?? 'ok'](request, response);
}

const plain = createServer(handle);
const tls = createTlsServer(
  { key: readFileSync(process.env.TEST_KEY), cert: readFileSync(process.env.TEST_CERT) },
  handle,
);
plain.listen(0, '127.0.0.1', () => {
  tls.listen(0, '127.0.0.1', () => console.log(`listening ${plain.address().port} ${tls.address().port}`));
});
