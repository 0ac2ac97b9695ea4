/** Whom the calls of the test programs go to: answers in every way that a server can, good and bad, by the last part of the path. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface CallTarget {
  readonly port: number;
  readonly close: () => Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const answers: Readonly<Record<string, Answer>> = {
  chunked: (_, response) => {
    response.write('one');
    setImmediate(() => response.end('two'));
  },
  informed: (_, response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('informed');
  },
  hangup: ({ socket }) => socket.destroy(),
  cut: ({ socket }) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  },
  nonsense: ({ socket }) => {
    socket.end('this is no HTTP\r\n\r\n');
  },
  silent: () => undefined,
  open: (_, response) => {
    response.write('never ended');
  },
  echo: ({ headers }, response) => response.end(headers['x-request-id']),
  redirect: ({ url }, response) => {
    response.writeHead(302, { location: String(url).replace('/redirect', '/after') });
    response.end();
  },
};

export async function startCallTarget(): Promise<CallTarget> {
  const server = createServer((request, response) => {
    const last = new URL(`http://localhost${request.url ?? '/'}`).pathname.split('/').at(-1) ?? '';
    const answer = answers[last];
    request.resume();
    if (answer !== undefined) return answer(request, response);
    if (/^\d{3}$/.test(last)) response.statusCode = Number(last);
    response.end('answered');
  });
  // The server forgets those that were upgraded.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  for (const event of ['upgrade', 'connect'] as const)
    server.on(event, (request: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => socket.destroy());
      if (event === 'connect') socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      else if (request.url?.endsWith('/upgrade') === true)
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: shop\r\n\r\n');
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- listens on a port
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
