/* oxlint-disable no-underscore-dangle -- a name of node-mocks-http */
/** What mocking packages and adapters give of one application, a line of JSON each. `reqlens` is there with and without the preload. */
import { EventEmitter } from 'node:events';
import http from 'node:http';

import { inject as shot } from '@hapi/shot';
import codegenie from '@codegenie/serverless-express';
import vendia from '@vendia/serverless-express';
import express from 'express';
import { fastify } from 'fastify';
import light from 'light-my-request';
import { mockRequest, mockResponse } from 'mock-req-res';
import { http as mswHttp, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import nock from 'nock';
import mocks from 'node-mocks-http';
import serverless from 'serverless-http';
import supertest from 'supertest';

function makeApp() {
  const app = express();
  app.set('env', 'production');
  app.use(express.json());
  app.get(
    '/users/:id',
    (request, response) => void response.set('X-Own', '1').json({ id: request.params.id, ip: request.ip }),
  );
  app.post('/echo', (request, response) => void response.status(201).json(request.body));
  app.get('/boom', () => {
    throw Object.assign(new Error('boom'), { stack: 'Error: boom' });
  });
  return app;
}
function plain(request, response) {
  response.writeHead(203, { 'X-Own': '1' });
  response.end('plain');
}

const seen = (headers) =>
  Object.fromEntries(
    Object.entries({ ...headers }).filter(
      ([name]) => !['date', 'x-request-id', 'traceparent', 'connection', 'keep-alive'].includes(name.toLowerCase()),
    ),
  );
const event = (path) => ({
  httpMethod: 'GET',
  path,
  headers: { host: 'a' },
  multiValueHeaders: { host: ['a'] },
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  body: null,
  isBase64Encoded: false,
  resource: '/',
  requestContext: { identity: { sourceIp: '203.0.113.9' }, stage: 'x', requestId: 'r' },
});
const paths = ['/users/7', '/boom', '/nothing'];
const each = async (get) => {
  const all = [];
  for (const path of paths) all.push(await get(path));
  return all;
};
const get = (url) =>
  new Promise((resolve, reject) => {
    http
      .get(url, (response) => {
        let body = '';
        response
          .on('data', (chunk) => (body += chunk))
          .on('end', () => resolve([response.statusCode, seen(response.headers), body]));
      })
      .on('error', reject);
  });
const fetched = async (url) => {
  const response = await fetch(url);
  return [response.status, seen(Object.fromEntries(response.headers)), await response.text()];
};

const stories = {
  'fastify.inject': async () => {
    const server = fastify();
    server.get('/users/:id', async ({ params, ip }) => ({ id: params.id, ip }));
    server.get('/boom', async () => {
      throw new Error('boom');
    });
    return each(async (url) => {
      const r = await server.inject({ url });
      return [r.statusCode, seen(r.headers), r.payload];
    });
  },
  'light-my-request, a function': async () => {
    const r = await light(plain, { url: '/', method: 'POST', payload: { a: 1 } });
    return [r.statusCode, seen(r.headers), r.payload];
  },
  'light-my-request, emitted': async () => {
    const server = http.createServer(plain);
    const r = await light((q, s) => server.emit('request', q, s), { url: '/' });
    return [r.statusCode, seen(r.headers), r.payload];
  },
  '@hapi/shot': () =>
    each(async (url) => {
      const r = await shot(plain, { url });
      return [r.statusCode, seen(r.headers), r.payload];
    }),
  '@hapi/shot, emitted': async () => {
    const server = http.createServer(plain);
    const r = await shot((q, s) => server.emit('request', q, s), { url: '/' });
    return [r.statusCode, seen(r.headers), r.payload];
  },
  'node-mocks-http': () =>
    new Promise((resolve) => {
      const response = mocks.createResponse({ eventEmitter: EventEmitter });
      response.on('end', () => resolve([response.statusCode, seen(response.getHeaders()), response._getData()]));
      makeApp()(mocks.createRequest({ method: 'GET', url: '/users/7' }), response);
    }),
  'node-mocks-http, emitted': () => {
    const response = mocks.createResponse();
    const emitted = http
      .createServer(plain)
      .emit('request', mocks.createRequest({ method: 'GET', url: '/' }), response);
    return [emitted, response.statusCode, seen(response.getHeaders()), response._getData()];
  },
  supertest: () =>
    each(async (url) => {
      const r = await supertest(makeApp()).get(url);
      return [r.status, seen(r.headers), r.text];
    }),
  'supertest, a body': async () => {
    const r = await supertest(makeApp()).post('/echo').send({ a: 1 });
    return [r.status, seen(r.headers), r.text];
  },
  'serverless-http': () => {
    const handler = serverless(makeApp());
    return each(async (path) => {
      const r = await handler(event(path), {});
      return [r.statusCode, seen(r.headers ?? r.multiValueHeaders), r.body];
    });
  },
  '@vendia/serverless-express': () => {
    const handler = vendia({ app: makeApp() });
    return each(async (path) => {
      const r = await handler(event(path), {});
      return [r.statusCode, seen(r.headers ?? r.multiValueHeaders), r.body];
    });
  },
  '@codegenie/serverless-express': () => {
    const handler = codegenie({ app: makeApp() });
    return each(async (path) => {
      const r = await handler(event(path), {});
      return [r.statusCode, seen(r.headers ?? r.multiValueHeaders), r.body];
    });
  },
  'mock-req-res': () => {
    const response = mockResponse();
    const emitted = http
      .createServer((_, r) => r.status(201).json({ a: 1 }))
      .emit('request', mockRequest({ path: '/' }), response);
    return [emitted, response.status.args, response.json.args];
  },
  nock: async () => {
    nock('http://api.example')
      .get('/a')
      .reply((request) => [200, { seen: seen(Object.fromEntries(request.headers)) }, { 'X-Own': '1' }]);
    nock('http://api.example')
      .get('/b')
      .reply(503, 'no')
      .get('/c')
      .replyWithError('gone')
      .get('/f')
      .reply(200, 'fetched');
    const all = [
      await get('http://api.example/a'),
      await get('http://api.example/b'),
      await get('http://api.example/c').catch(({ message }) => message),
      await fetched('http://api.example/f'),
    ];
    nock.restore();
    return all;
  },
  'a request body through nock': async () => {
    nock.activate();
    nock('http://api.example').post('/p', { a: 1 }).reply(200, 'got it');
    const answer = await new Promise((resolve, reject) => {
      const request = http
        .request(
          'http://api.example/p',
          { method: 'POST', headers: { 'Content-Type': 'application/json' } },
          (response) => {
            let body = '';
            response.on('data', (c) => (body += c)).on('end', () => resolve([response.statusCode, body]));
          },
        )
        .on('error', reject);
      request.end('{"a":1}');
    });
    nock.cleanAll();
    nock.restore();
    return answer;
  },
  msw: async () => {
    const server = setupServer(
      mswHttp.get('http://api.example/a', ({ request }) =>
        HttpResponse.json({ seen: seen(Object.fromEntries(request.headers)) }, { status: 202 }),
      ),
      mswHttp.get('http://api.example/c', () => HttpResponse.error()),
    );
    server.listen({ onUnhandledRequest: 'bypass' });
    const own = http.createServer(plain);
    await new Promise((resolve) => own.listen(0, '127.0.0.1', resolve));
    const through = 'http://127.0.0.1:' + own.address().port;
    const all = [
      await get('http://api.example/a'),
      await fetched('http://api.example/a'),
      await get('http://api.example/c').catch((e) => e.message),
      await fetched('http://api.example/c').catch((e) => e.message),
      await get(through),
      await fetched(through),
    ];
    server.close();
    own.closeAllConnections();
    own.close();
    return all;
  },
};
process.env.NODE_ENV = 'production';
for (const [title, story] of Object.entries(stories)) {
  let did;
  try {
    did = await story();
  } catch (error) {
    did = 'threw ' + error.stack;
  }
  console.log(JSON.stringify({ title, did }));
}
