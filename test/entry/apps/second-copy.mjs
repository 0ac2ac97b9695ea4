// Uses a copy of the package that is another one than the preload's, and prints what it is told there.
import { createServer, get } from 'node:http';

import { currentRequest, getLogger, readConfig, runTask, setCaller, setLogLevel, startTelemetry } from 'reqlens';

const server = createServer((request, response) => {
  setCaller({ id: 'ann' });
  getLogger('orders').info('seen');
  setLogLevel('orders', 'warn');
  getLogger('orders').info('not seen');
  void runTask('endless', () => new Promise(() => {}));
  response.end(currentRequest()?.requestId);
});
server.listen(0, '127.0.0.1', () => get({ port: server.address().port, host: '127.0.0.1' }, onResponse));

function onResponse(response) {
  response.on('data', (id) => console.log(String(id) === response.headers['x-request-id']));
  response.on('end', () => {
    try {
      startTelemetry(readConfig({}).config);
    } catch (error) {
      console.log(error.code);
    }
    process.exit(0);
  });
}
