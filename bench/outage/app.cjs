// The application under test: a span and a line for each request. Knows nothing of telemetry but what its preload makes of pino.
'use strict';
const http = require('node:http');
const pino = require('pino');

// Its lines are counted where telemetry goes; the file is for nobody.
const log = pino(pino.destination('/dev/null'));
let peakBytes = 0;
setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
}, 250).unref();

const server = http.createServer((request, response) => {
  log.info({ path: request.url }, 'a request');
  response.end('ok\n');
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ peakBytes }));
