/* oxlint-disable typescript/unbound-method -- functions are replaced, and called with their own `this` */
/**
 * Requests and responses that are not as Node's documentation shows them. Prints a line of JSON for each host: what it did, the id that
 * the handler saw, and the one in the head. `reqlens` is there with and without the preload.
 */
import { EventEmitter } from 'node:events';
import http, { IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { Duplex } from 'node:stream';

import { currentRequest, getLogger } from 'reqlens';

const results = [];
const log = getLogger('hosts');

function handle({ headers }, response) {
  results.push({ handlerId: headers?.['x-request-id'], currentId: currentRequest()?.requestId });
  log.info('handled');
  response.setHeader?.('X-Own', '1');
  response.writeHead?.(203);
  response.end?.('handled');
}
const server = http.createServer(handle);

/** What a serverless adapter has in place of a socket. */
class FakeSocket extends Duplex {
  remoteAddress = '203.0.113.9';
  encrypted = true;
  written = '';
  _read() {}
  _write(chunk, _encoding, done) {
    this.written += chunk;
    done();
  }
}

function request(socket, more = {}) {
  const made = new IncomingMessage(socket);
  Object.assign(made, { method: 'GET', url: '/', httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 }, more);
  made.headers = { host: 'a', ...more.headers };
  return made;
}

function answerTo(made) {
  const response = new ServerResponse(made);
  const socket = new FakeSocket();
  response.assignSocket(socket);
  return { response, text: () => socket.written };
}

class OwnResponse extends ServerResponse {
  writeHead(...args) {
    this.heads = (this.heads ?? 0) + 1;
    return super.writeHead(...args);
  }
}
class OwnServer extends http.Server {
  emit(event, ...args) {
    this.emitted = (this.emitted ?? 0) + 1;
    return super.emit(event, ...args);
  }
}

function refuse() {
  throw new Error('refused');
}

const throwing = (name) => ({
  get() {
    throw new Error(`${name} must not be read`);
  },
});

/** Each gives the text that was sent, or what there is in its place. */
const hosts = {
  'a response as a test double makes it': () => {
    const asked = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} };
    return [new IncomingMessage(null), new IncomingMessage(undefined), asked].map((made) => {
      const response = new ServerResponse(made);
      response.writeHead(400, { 'content-type': 'text/plain' });
      return response.statusCode;
    });
  },
  'no socket': () => byHand(request(null)),
  'undefined in place of a socket': () => byHand(request(undefined)),
  'a fake socket': () => byHand(request(new FakeSocket())),
  'a plain object in place of a socket': () => byHand(request({ remoteAddress: 7 })),
  'a real socket that was never connected': () => byHand(request(new Socket())),
  'no headers': () => byHand(Object.defineProperty(request(null), 'headers', { value: undefined, writable: true })),
  'frozen headers': () => byHand(Object.assign(request(null), { headers: Object.freeze({ host: 'a' }) })),
  'headers without prototype': () => byHand(Object.assign(request(null), { headers: Object.create(null) })),
  'headers that throw': () => byHand(Object.defineProperty(request(null), 'headers', throwing('headers'))),
  'a socket that throws': () => byHand(Object.defineProperty(request(null), 'socket', throwing('socket'))),
  'a frozen request': () => byHand(Object.freeze(request(null))),
  'a frozen response': () => {
    const made = request(null);
    const response = Object.freeze(new ServerResponse(made));
    try {
      return String(server.emit('request', made, response));
    } catch (error) {
      return error.name;
    }
  },
  'a Proxy of a request': () => byHand(new Proxy(request(null), {})),
  'a Proxy of a response': () => {
    const made = request(null);
    const { response, text } = answerTo(made);
    return [String(server.emit('request', made, new Proxy(response, {}))), text()];
  },
  'a Proxy that refuses': () => {
    return byHand(new Proxy(request(null), { set: refuse, defineProperty: refuse, getPrototypeOf: refuse }));
  },
  'plain objects': () => String(server.emit('request', { headers: {} }, { end() {} })),
  'emitters in place of both': () => String(server.emit('request', new EventEmitter(), new EventEmitter())),
  'nothing in place of both': () => {
    try {
      return String(server.emit('request'));
    } catch (error) {
      return error.name;
    }
  },
  'a request that another emitter emits': () => {
    const made = request(null);
    const { response, text } = answerTo(made);
    return [String(new EventEmitter().on('request', handle).emit('request', made, response)), text()];
  },
  'one request twice': () => [...byHand(request(null)), ...byHand(request(null))],
  'a response without a request': () => {
    const response = new ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 });
    const socket = new FakeSocket();
    response.assignSocket(socket);
    delete response.req;
    response.writeHead(400, { 'X-Own': '1' });
    response.end('no request');
    return socket.written;
  },
  'a class of its own': () => {
    const made = request(null);
    const response = new OwnResponse(made);
    const socket = new FakeSocket();
    response.assignSocket(socket);
    server.emit('request', made, response);
    return [socket.written, response.heads];
  },
  'a clientError that the application emits': async () => {
    const own = http.createServer(handle);
    const emitted = [];
    const byItself = (socket) =>
      own.emit('clientError', Object.assign(new Error('own'), { code: 'constructor' }), socket);
    own.once('connection', (socket) => emitted.push(byItself(socket), byItself(new Socket())));
    own.once('request', ({ socket }) => emitted.push(byItself(socket)));
    const text = await over(own);
    return [text, emitted];
  },
  'an error of a connection with a code that every object has': async () => {
    const own = http.createServer(handle);
    own.once('connection', (socket) => socket.emit('error', Object.assign(new Error('own'), { code: 'constructor' })));
    const text = await over(own);
    return text.replace(/X-Request-ID: .*\r\n/, '');
  },
  'a server of its own class': async () => {
    const own = new OwnServer(handle);
    const text = await over(own);
    return [text, own.emitted > 0];
  },
  'a server whose emit the application replaced': async () => {
    const own = http.createServer(handle);
    const { emit } = own;
    own.emit = function replaced(...args) {
      return Reflect.apply(emit, this, args);
    };
    return over(own);
  },
  'a server that ends by a plain call': async () => {
    const own = http.createServer();
    own.emit = (event, ...args) => {
      if (event !== 'request') return http.Server.prototype.emit.call(own, event, ...args);
      handle(...args);
      return true;
    };
    return over(own);
  },
  'a prototype that another tracer patched after us': async () => {
    const { emit } = http.Server.prototype;
    http.Server.prototype.emit = function traced(...args) {
      return Reflect.apply(emit, this, args);
    };
    try {
      return await over(http.createServer(handle));
    } finally {
      http.Server.prototype.emit = emit;
    }
  },
  'listenerCount that throws': () => {
    const made = request(null);
    const { response, text } = answerTo(made);
    response.listenerCount = () => {
      throw new Error('not for you');
    };
    return [String(server.emit('request', made, response)), text()];
  },
  'setHeader that throws': () => {
    const made = request(null);
    const { response, text } = answerTo(made);
    const { setHeader } = response;
    response.setHeader = (name, value) => {
      if (name !== 'X-Own') throw new Error('only ours');
      return Reflect.apply(setHeader, response, [name, value]);
    };
    return [String(server.emit('request', made, response)), text()];
  },
};

function byHand(made) {
  const { response, text } = answerTo(request(null));
  return [String(server.emit('request', made, response)), text()];
}

async function over(own) {
  await new Promise((resolve) => own.listen(0, '127.0.0.1', resolve));
  const socket = connect(own.address().port, '127.0.0.1').setEncoding('latin1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.on('close', resolve));
  own.close();
  return received;
}

for (const [title, host] of Object.entries(hosts)) {
  results.length = 0;
  let did;
  try {
    did = await host();
  } catch (error) {
    did = `threw ${error.message}`;
  }
  console.log(JSON.stringify({ title, did, handled: [...results] }));
}
