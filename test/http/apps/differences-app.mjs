/** What our server instrumentation and the stock one see differently, on purpose; see docs/parity.md. */
import { createServer } from 'node:http';

import { context } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';

const thrown = [];
process.on('uncaughtException', (error) => thrown.push(String(error)));

const deeds = {
  '/thrown': (request, response) => response.end(JSON.stringify(thrown)),
  '/throwText': (request, response) => {
    response.writeContinue();
    throw 'a text'; // oxlint-disable-line typescript/only-throw-error, no-throw-literal -- what is tested
  },
  '/throwNothing': (request, response) => {
    response.writeContinue();
    throw undefined; // oxlint-disable-line typescript/only-throw-error, no-throw-literal -- what is tested
  },
  '/late': (request, response) => {
    response.on('error', () => {});
    response.end('done');
    response.write('late');
  },
  '/failedAndAnswered': (request, response) => {
    response.on('error', () => response.end('failed'));
    response.emit('error', new RangeError('the response failed'));
  },
  '/withoutRequest': (request, response) => {
    response.end('done');
    response.req = null;
  },
  '/destroyed': (request, response) => response.destroy(),
  '/gone': (request, response) => {
    response.statusCode = 503;
    response.writeContinue();
  },
  '/thrownAndAnswered': (request, response) => {
    process.once('uncaughtException', () => {
      response.statusCode = 500;
      response.end('caught');
    });
    throw new TypeError('the handler threw');
  },
  '/routedAndThrown': (request, response) => {
    response.writeContinue();
    getRPCMetadata(context.active()).route = '/routed/:id';
    throw new SyntaxError('in a route');
  },
  '/handed': (request, response) => other.emit('request', request, response),
  '/hold': (request, response) => response.writeContinue(),
};
const other = createServer((request, response) => response.end('handed'));
const server = createServer((request, response) => deeds[request.url](request, response));
server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
server.on('checkContinue', (request, response) => response.writeHead(413, { Connection: 'close' }).end());
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
