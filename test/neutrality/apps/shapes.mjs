/**
 * One server with every shape of response that Node's API can make. Answers by the path; prints `listening <port> <port of the servers with
 * special options> ...`. Knows nothing of reqlens.
 */
import http, { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

let answerInstead;
process.on('uncaughtException', () => {
  const answer = answerInstead;
  answerInstead = undefined;
  answer?.();
});

const query = (request) => new URL(request.url, 'http://a').searchParams;

const shapes = {
  '/status': (request, response) => {
    response.statusCode = Number(query(request).get('code'));
    response.end('body');
  },
  '/head': (request, response) => response.writeHead(Number(query(request).get('code'))).end(),
  // The old name of the same function, which Node 26 has no more.
  '/writeHeader': (request, response) =>
    response[response.writeHeader === undefined ? 'writeHead' : 'writeHeader'](201, { A: '1' }).end('old'),
  '/reason': (request, response) => response.writeHead(299, 'Own Reason', { 'x-lower': '1', 'X-UPPER': '2' }).end('r'),
  '/statusMessage': (request, response) => {
    response.statusCode = 404;
    response.statusMessage = 'Not Here';
    response.end();
  },
  '/object': (request, response) =>
    response.writeHead(200, { A: '1', b: ['2', '3'], C: 4, 'Set-Cookie': ['x=1', 'y=2'] }).end('o'),
  '/flat': (request, response) => response.writeHead(200, ['A', '1', 'a', '2', 'B', '3']).end('flat'),
  '/pairs': (request, response) =>
    response
      .writeHead(200, [
        ['A', '1'],
        ['a', '2'],
        ['Set-Cookie', ['x', 'y']],
      ])
      .end('pairs'),
  '/mixed': (request, response) => {
    response.setHeader('X-Set', 'first');
    response.setHeader('x-kept', 'kept');
    response.writeHead(200, { 'x-SET': 'second' }).end('mixed');
  },
  '/mixedList': (request, response) => {
    response.setHeader('X-Set', 'first');
    response.writeHead(200, ['X-Set', 'second', 'X-Other', 'o']).end('mixed');
  },
  '/undefinedReason': (request, response) => response.writeHead(200, undefined, { 'X-A': '1' }).end('u'),
  '/setHeader': (request, response) => {
    response.setHeader('X-Camel-Case', 'v');
    response.setHeader('x-list', ['1', '2']);
    response.setHeader('X-Number', 5);
    response.removeHeader('x-number');
    response.end(JSON.stringify([response.getHeaderNames(), response.getHeaders(), response.hasHeader('x-list')]));
  },
  '/appendHeader': (request, response) => {
    response.appendHeader('X-Many', '1').appendHeader('x-many', '2');
    response.end(String(response.getHeader('X-Many')));
  },
  '/setHeaders': (request, response) => {
    response.setHeaders(new Headers({ one: '1', two: '2' }));
    response.setHeaders(new Map([['Three', '3']]));
    response.end('headers');
  },
  '/rawNames': (request, response) => {
    response.setHeader('eTaG', '"1"');
    response.end(JSON.stringify(response.getRawHeaderNames()));
  },
  '/cookies': (request, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2', 'c=3']);
    response.end();
  },
  '/cors': (request, response) => response.writeHead(200, { Vary: 'Origin', 'Access-Control-Max-Age': 5 }).end(),
  '/length': (request, response) => response.writeHead(200, { 'Content-Length': 6 }).end('length'),
  '/lengthShort': (request, response) => {
    response.writeHead(200, { 'Content-Length': 9 });
    response.write('short', () => request.socket.end());
  },
  '/strict': (request, response) => {
    response.strictContentLength = true;
    response.setHeader('Content-Length', 2);
    try {
      response.end('longer');
    } catch (error) {
      response.socket.end(`refused ${error.code}`);
    }
  },
  '/chunks': async (request, response) => {
    for (const chunk of ['one', 'two', Buffer.from('three')]) {
      response.write(chunk);
      await pause(1);
    }
    response.end();
  },
  '/ownChunked': (request, response) => {
    response.setHeader('Transfer-Encoding', 'chunked');
    response.end('own');
  },
  '/noChunked': (request, response) => {
    response.removeHeader('Transfer-Encoding');
    response.write('until the end');
    response.end();
  },
  '/identity': (request, response) => response.writeHead(200, { 'Transfer-Encoding': 'identity' }).end('identity'),
  '/trailers': (request, response) => {
    response.writeHead(200, { Trailer: 'X-Sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': 'abc' });
    response.end();
  },
  '/flush': async (request, response) => {
    response.setHeader('X-Flushed', '1');
    response.flushHeaders();
    await pause(2);
    response.end('after');
  },
  '/cork': (request, response) => {
    response.cork();
    response.write('a');
    response.write('b');
    response.uncork();
    response.end('c');
  },
  '/callbacks': (request, response) => {
    const order = [];
    response.on('finish', () => order.push('finish'));
    response.write('x', () => order.push('written'));
    response.end('y', () => order.push('ended'));
    response.on('close', () => shapes.told.push(order.join()));
  },
  '/told': (request, response) => response.end(shapes.told.splice(0).join(' ')),
  '/encodings': (request, response) => {
    response.write('68e9', 'hex');
    response.write('w7w=', 'base64');
    response.end('\u00e9', 'latin1');
  },
  '/empty': (request, response) => response.end(),
  '/continue': (request, response) => {
    response.writeContinue();
    request.resume().on('end', () => response.end('read'));
  },
  '/processing': (request, response) => {
    response.writeProcessing();
    response.end('processed');
  },
  '/hints': (request, response) => {
    response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'], 'x-own': '1' });
    response.end('hinted');
  },
  '/information': (request, response) => {
    // oxlint-disable-next-line no-underscore-dangle -- the only way to an interim answer of one's own
    response._writeRaw('HTTP/1.1 110 Own\r\nX-I: 1\r\n\r\n', 'ascii');
    response.end('informed');
  },
  '/noDate': (request, response) => {
    response.sendDate = false;
    response.end('timeless');
  },
  '/ownDate': (request, response) => response.writeHead(200, { Date: 'never' }).end(),
  '/keepAlive': (request, response) => {
    response.shouldKeepAlive = false;
    response.end('last');
  },
  '/close': (request, response) => response.writeHead(200, { Connection: 'close' }).end('closing'),
  '/ownKeepAlive': (request, response) =>
    response.writeHead(200, { Connection: 'keep-alive', 'Keep-Alive': 'timeout=9' }).end('k'),
  '/rawSocket': (request, response) => {
    response.socket.write('HTTP/1.1 200 Raw\r\nContent-Length: 3\r\nConnection: close\r\n\r\nraw');
    response.socket.end();
  },
  '/rawBehind': (request, response) => {
    response.writeHead(200, { 'Content-Length': 8 });
    response.write('node');
    response.socket.end('byte');
  },
  '/detached': (request, response) => {
    const { socket } = response;
    response.detachSocket(socket);
    socket.end('HTTP/1.1 200 Detached\r\nContent-Length: 0\r\n\r\n');
  },
  '/ownResponse': (request, response) => {
    const { socket } = response;
    response.detachSocket(socket);
    const own = new ServerResponse(request);
    own.shouldKeepAlive = false;
    own.assignSocket(socket);
    own.end('own', () => socket.end());
  },
  '/throws': (request, response) => {
    answerInstead = () => response.writeHead(500).end('caught');
    throw new Error('of the handler');
  },
  '/rejects': async (request, response) => {
    answerInstead = () => response.writeHead(503).end('caught');
    await pause(1);
    throw new Error('of the handler');
  },
  '/badStatus': (request, response) => {
    try {
      response.writeHead(1000);
    } catch (error) {
      response.end(`${error.code} ${error.message}`);
    }
  },
  '/badHeader': (request, response) => {
    const errors = [() => response.setHeader('a b', '1'), () => response.writeHead(200, { ok: 'a\nb' })].map((set) => {
      try {
        set();
        return 'taken';
      } catch (error) {
        return error.code;
      }
    });
    response.end(errors.join());
  },
  '/oddList': (request, response) => {
    try {
      response.writeHead(200, ['only a name']);
    } catch (error) {
      response.end(error.code);
    }
  },
  '/twice': (request, response) => {
    response.writeHead(200);
    try {
      response.writeHead(201);
    } catch (error) {
      response.end(error.code);
    }
  },
  '/headersAfter': (request, response) => {
    response.write('sent');
    try {
      response.setHeader('x', '1');
    } catch (error) {
      response.end(error.code);
    }
  },
  '/writeAfterEnd': (request, response) => {
    response.on('error', (error) => shapes.told.push(error.code));
    response.end('end');
    response.write('late');
  },
  '/destroyBefore': (request, response) => response.destroy(),
  '/destroyDuring': (request, response) => response.writeHead(200).write('some', () => response.destroy()),
  '/socketDestroyed': (request) => request.socket.destroy(),
  '/timeout': (request, response) => response.setTimeout(20, (socket) => socket.end('timed out')),
  '/echo': async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end(
      JSON.stringify([Buffer.concat(chunks).toString(), request.headers, request.rawHeaders, request.trailers]),
    );
  },
  '/refusedBody': (request, response) => {
    try {
      response.writeHead(204).end('body');
    } catch (error) {
      response.socket.end(error.code);
    }
  },
  '/listeners': (request, response) => {
    const names = ['close', 'error', 'end', 'data', 'drain', 'finish', 'timeout', 'socket'];
    response.end(JSON.stringify([request, response, request.socket].map((each) => counts(each, names))));
  },
  '/own': (request, response) => {
    response.end(JSON.stringify([request, response, request.socket].map(keysOf)));
  },
  '/large': (request, response) => response.end('x'.repeat(300_000)),
  told: [],
};

/** Node keeps a peer's address under `_peername` when somebody has asked for it. */
function keysOf(object) {
  return Object.keys(object)
    .filter((key) => key !== '_peername')
    .toSorted();
}

function counts(emitter, names) {
  return names.map((name) => emitter.listenerCount(name));
}

function handle(request, response) {
  const shape = shapes[request.url.split('?')[0]];
  if (shape === undefined) response.writeHead(404).end();
  else shape(request, response);
}

function upgraded(request, socket, head) {
  socket.on('error', () => {});
  if (request.url === '/refuse') socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
  else socket.end(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: own\r\nConnection: Upgrade\r\n\r\n${head}frames`);
}

const servers = {
  plain: http.createServer(handle).on('upgrade', upgraded),
  impatient: http.createServer({ headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 25 }, handle),
  small: http.createServer({ maxHeaderSize: 1024, uniqueHeaders: ['x-many'], joinDuplicateHeaders: true }, handle),
  polite: http.createServer({ keepAlive: true, rejectNonStandardBodyWrites: true }, handle),
  one: Object.assign(http.createServer(handle), { maxRequestsPerSocket: 1 }),
  listening: http
    .createServer(handle)
    .on('checkContinue', (request, response) => response.writeHead(417, { Connection: 'close' }).end('no'))
    .on('checkExpectation', (request, response) => response.writeHead(200, { Connection: 'close' }).end('as you wish'))
    .on('clientError', (error, socket) => socket.end(`HTTP/1.1 400 Own\r\n\r\n${error.code}`))
    .on('connect', (request, socket) => socket.end('HTTP/1.1 200 Tunnel\r\n\r\nthrough')),
};
for (const server of Object.values(servers)) {
  server.keepAliveTimeout = 50;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
console.log(
  `listening ${Object.values(servers)
    .map((server) => server.address().port)
    .join(' ')}`,
);
