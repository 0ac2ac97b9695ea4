/** The other side of outgoing calls, in a process of its own: HTTP that answers `ok`, and a raw socket that gives back what it gets. */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

const http = createHttpServer((_request, response) => response.end('ok'));
// Keep-alive for longer than a run has pauses.
http.keepAliveTimeout = 600_000;
const raw = createServer((socket) => socket.pipe(socket).on('error', () => {}));

process.send?.({ httpPort: await listening(http), echoPort: await listening(raw) });

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
