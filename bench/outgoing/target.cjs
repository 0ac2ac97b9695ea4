// Answers every call, and takes every OTLP request without reading it.
'use strict';
const { createServer } = require('node:http');

const server = createServer((request, response) => {
  request.resume();
  response.end(request.method === 'POST' ? '' : 'ok');
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
