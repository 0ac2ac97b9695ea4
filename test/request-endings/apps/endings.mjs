/**
 * A server on whose paths requests end in every way there is. `?case=` tells them apart; the server answers no other paths.
 * Short time-outs, so that no test waits for long.
 */
import domain from 'node:domain';
import http, { ServerResponse } from 'node:http';

import { trace } from '@opentelemetry/api';

let replacement;
const ignore = () => {};
const socketOf = (request) => request.socket;

export const endings = {
  '/answered': (request, response) => response.end('whole'),
  '/namedTooLate': (request, response) => {
    const span = trace.getActiveSpan();
    response.on('close', () => setImmediate(() => span?.setAttribute('http.route', '/late').updateName('late')));
    response.end('whole');
  },
  '/noBody': (request, response) => response.writeHead(204).end(),
  '/notModified': (request, response) => response.writeHead(304).end(),
  '/interim': (request, response) => {
    response.writeContinue();
    response.writeProcessing();
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.writeHead(202).end('interim');
  },
  '/never': ignore,
  '/begun': (request, response) => response.writeHead(206).write('begun'),
  '/endsSocketUnanswered': (request) => socketOf(request).end(),
  '/destroyedBefore': (request, response) => response.destroy(),
  '/destroyedWithError': (request, response) => {
    response.on('error', ignore);
    response.destroy(new Error('destroyed'));
  },
  '/destroyedDuring': (request, response) => {
    response.writeHead(200);
    response.write('begun', () => response.destroy());
  },
  '/destroyedAfter': (request, response) => {
    response.on('close', () => response.destroy(new Error('too late')));
    response.end('whole');
  },
  '/requestDestroyed': (request) => request.destroy(),
  '/requestDestroyedWithError': (request, response) => {
    request.on('error', ignore);
    response.on('error', ignore);
    request.destroy(new Error('destroyed'));
  },
  '/writtenAfterEnd': (request, response) => {
    response.on('error', ignore);
    response.end('done');
    response.write('late');
  },
  '/endedTwice': (request, response) => {
    response.end('once');
    response.end('twice', ignore);
  },
  '/errorEmittedAfterEnd': (request, response) => {
    response.on('error', ignore);
    response.on('close', () => setImmediate(() => response.emit('error', new Error('after the close'))));
    response.end('whole');
  },
  '/errorEmittedThenAnswered': (request, response) => {
    response.on('error', () => response.writeHead(500).end('failed'));
    response.emit('error', new Error('of the response'));
  },
  '/throws': (request) => {
    socketOf(request).setTimeout(20, () => socketOf(request).destroy());
    throw new TypeError('of the handler');
  },
  '/throwsAnswered': (request, response) => {
    replacement = () => response.writeHead(500).end('caught');
    throw new TypeError('of the handler');
  },
  '/throwsLaterAnswered': (request, response) => {
    setImmediate(() => {
      replacement = () => response.writeHead(503).end('caught');
      throw new TypeError('of a timer');
    });
  },
  '/rejectsAnswered': async (request, response) => {
    replacement = () => response.writeHead(502).end('caught');
    throw new TypeError('of a promise');
  },
  '/domain': (request, response) => {
    const guard = domain.create();
    guard.on('error', () => response.writeHead(500).end('of the domain'));
    guard.run(() => {
      throw new Error('sync');
    });
  },
  '/domainLater': (request, response) => {
    const guard = domain.create();
    guard.add(request);
    guard.on('error', () => response.writeHead(500).end('of the domain'));
    guard.run(() =>
      setImmediate(() => {
        throw new Error('async');
      }),
    );
  },
  '/detached': (request, response) => {
    const { socket } = response;
    response.detachSocket(socket);
    socket.end('HTTP/1.1 299 By Hand\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  },
  '/detachedAfterHead': (request, response) => {
    const { socket } = response;
    response.writeHead(201, { 'Content-Length': 3 });
    response.flushHeaders();
    response.detachSocket(socket);
    socket.end('raw');
  },
  '/detachedAndSilent': (request, response) => {
    const { socket } = response;
    response.detachSocket(socket);
    setImmediate(() => socket.destroy());
  },
  '/assigned': (request, response) => {
    const { socket } = response;
    response.detachSocket(socket);
    const own = new ServerResponse(request);
    own.assignSocket(socket);
    own.writeHead(203, { Connection: 'close' });
    own.end('own', () => socket.end());
  },
  '/stolen': (request) => {
    const socket = socketOf(request);
    socket.removeAllListeners();
    socket.on('error', ignore);
    socket.end('HTTP/1.1 298 Stolen\r\nConnection: close\r\n\r\n');
    socket.resume();
  },
  '/closesAll': (request, response) => {
    response.writeHead(200);
    response.write('begun', () => server.closeAllConnections());
  },
  '/body': (request, response) =>
    request
      .on('error', ignore)
      .resume()
      .on('end', () => response.end('read')),
  '/lengthMismatch': (request, response) => {
    response.strictContentLength = true;
    response.on('error', ignore);
    response.setHeader('Content-Length', 3);
    try {
      response.end('longer');
    } catch {
      response.destroy();
    }
  },
  '/chatRefused': (request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n'),
  '/chatAccepted': (request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n');
    socket.resume().on('end', () => socket.end());
  },
  '/chatDestroyed': (request, socket) => socket.destroy(),
  '/chatByResponse': (request, socket) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.writeHead(403, { Connection: 'close' });
    response.end('no', () => socket.end());
  },
};

const pathOf = ({ url }) => url.split('?')[0];
const server = http.createServer({ requestTimeout: 300, connectionsCheckingInterval: 50, headersTimeout: 200 });
server.on('request', (request, response) => endings[pathOf(request)](request, response));
server.on('upgrade', (request, socket) => endings[pathOf(request)](request, socket.on('error', ignore)));
server.on('connect', (request, socket) =>
  socket.end(request.url.startsWith('refused') ? 'HTTP/1.1 405 No\r\n\r\n' : 'HTTP/1.1 200 Tunnel\r\n\r\n'),
);
server.keepAliveTimeout = 100;

/** Starts it, and answers in the place of handlers that threw. `told` gets the port. */
export function listen(told) {
  process.on('uncaughtException', () => {
    const answer = replacement;
    replacement = undefined;
    answer?.();
  });
  server.listen(0, '127.0.0.1', () => told(server.address().port));
}
