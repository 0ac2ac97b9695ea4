// The application under test: knows nothing of telemetry. CommonJS, because that is what every peer's preload instruments without extra flags.
'use strict';
const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');

const handlers = {
  '/hello': (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"hello":"world"}');
  },
  // As an Express application does it: headers one by one, something awaited, the status last.
  '/awaits': async (request, response) => {
    response.setHeader('x-powered-by', 'bench');
    response.setHeader('cache-control', 'no-store');
    await pause(1);
    response.setHeader('content-type', 'application/json');
    response.statusCode = 200;
    response.end(JSON.stringify({ path: request.url, items: [1, 2, 3] }));
  },
};

const notFound = (request, response) => {
  response.writeHead(404).end();
};

const server = http.createServer((request, response) => {
  const handler = handlers[request.url.split('?', 1)[0]] ?? notFound;
  handler(request, response);
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

// Asked over IPC, so that reading the clock is no request. Whole process, all threads: exporters and native threads count too.
process.on('message', () => process.send(process.cpuUsage()));
process.on('disconnect', () => process.exit());
