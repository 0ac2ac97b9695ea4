/** Four processes, each on a port of its own, which the first one prints when all of them listen. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';

import { setCaller } from 'reqlens';

if (cluster.isPrimary) {
  const ports = [];
  for (let count = 0; count < 4; count += 1) {
    cluster.fork().on('message', (port) => {
      ports.push(port);
      if (ports.length === 4) process.stdout.write(`ports ${ports.join(' ')}\nlistening ${port}\n`);
    });
  }
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill('SIGTERM');
  });
} else {
  const server = createServer((_request, response) => {
    setCaller({ id: 'u1', roles: ['admin'] });
    response.end('of the application');
  });
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => process.send(server.address().port));
}
