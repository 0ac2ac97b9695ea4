/** What our server instrumentation and the stock one see differently, on purpose; see docs/parity.md. */
import { createServer } from 'node:http';

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
  '/handed': (request, response) => other.emit('request', request, response),
  '/hold': (request, response) => response.writeContinue(),
};
const other = createServer((request, response) => response.end('handed'));
const server = createServer((request, response) => deeds[request.url](request, response));
server.on('checkContinue', (request, response) => response.writeHead(413, { Connection: 'close' }).end());
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
