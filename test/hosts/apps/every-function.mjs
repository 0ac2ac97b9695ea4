/**
 * Calls every function that reqlens patches, as applications do, and prints what it saw: bytes on sockets, results, `this`, thrown
 * errors, numbers of calls. Prints the same with and without reqlens, but for the headers that are documented (`plain`).
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs, { readFileSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { gzip } from 'node:zlib';

import { pino } from 'pino';
import { Client } from 'undici-7';

const seen = [];
const say = (...what) => seen.push(what.map((each) => JSON.stringify(each) ?? 'undefined').join(' '));
const folder = fs.mkdtempSync(join(tmpdir(), 'reqlens-hosts-'));
const file = join(folder, 'file');
const certificate = { key: readFileSync(process.env.TEST_KEY), cert: readFileSync(process.env.TEST_CERT) };

/** Calls that nobody answers, whose answer is cut off, and one whose connection becomes the application's own. */
async function failingCalls(here) {
  const other = createServer((connection) => {
    connection.once('data', () => {
      connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n');
    });
  });
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const there = `http://127.0.0.1:${other.address().port}`;
  const client = new Client(there);
  const { socket } = await client.upgrade({ path: '/', protocol: 'own' });
  say('upgraded', typeof socket.write);
  socket.destroy();
  await client.destroy();
  await once(other.close(), 'close');
  for (const url of [there, `${here}/never`]) {
    const call = http.get(url, { agent: false });
    const failed = once(call, 'error').catch((error) => error);
    const answered = new Promise((resolve) => call.on('response', (answer) => answer.on('error', resolve).resume()));
    say('failed', (await Promise.race([failed.then(([error]) => error), answered])).code);
    say(
      'fetch failed',
      await fetch(url)
        .then((answer) => answer.text())
        .catch((error) => error.message),
    );
  }
}

const mostHeld = 600;
let held = 0;

const deeds = {
  '/plain': (request, response) => {
    response.on('finish', () => say('finish'));
    response.on('close', () => say('close'));
    response.writeHead(201, 'Made', ['X-Own', '1', 'X-Own', '2']);
    say('end', response.end('plain') === response);
  },
  '/events': (request, response) => {
    const thrown = new Error('of a listener');
    let calls = 0;
    response.on('own', function listener(...args) {
      calls += 1;
      say('own', this === response, args);
      if (args.length === 2) throw thrown;
    });
    say(response.emit('own', 1), response.emit('nobody'), request.emit('nobody'));
    try {
      response.emit('own', 1, 2);
    } catch (error) {
      say('thrown', error === thrown, error.stack.split('\n').length > 1);
    }
    say('calls', calls);
    request.on('data', (chunk) => say('data', String(chunk)));
    request.on('end', () => response.end('events'));
  },
  '/throws': (request, response) => {
    process.once('uncaughtException', (error) => {
      response.statusCode = 500;
      response.end(error.message);
    });
    throw new TypeError('of the handler');
  },
  '/detached': (request, response) => {
    const { socket } = response;
    response.writeHead(200, { 'Content-Length': 8 });
    response.flushHeaders();
    say('detached', response.detachSocket(socket), response.socket);
    say('written', socket.write('detached'));
    socket.end();
  },
  '/hijacked': (request, response) => {
    const { socket } = response;
    response.detachSocket(socket);
    socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    socket.end('HTTP/1.1 299 By Hand\r\nConnection: close\r\n\r\nraw');
  },
  '/never': (request, response) => {
    response.writeHead(200);
    response.write('begun');
    setImmediate(() => request.socket.destroy());
  },
  /** So many at once are looked through for such whose connection has gone unseen. */
  '/held': (request) => {
    held += 1;
    if (held === mostHeld) request.socket.destroy();
  },
  '/files': async (request, response) => {
    say(fs.writeFileSync(file, 'one'), fs.appendFileSync(file, 'two'), fs.readFileSync(file, 'utf8'));
    const descriptor = fs.openSync(file, 'r+');
    const buffer = Buffer.alloc(6);
    say(fs.writeSync(descriptor, 'ONE', 0), fs.readSync(descriptor, buffer, 0, 6, 0), String(buffer));
    say(fs.writevSync(descriptor, [Buffer.from('1'), Buffer.from('2')], 0), fs.readvSync(descriptor, [buffer], 0));
    say(await promisify(fs.read)(descriptor, buffer, 0, 6, 0), await promisify(fs.write)(descriptor, 'x', 0));
    say(await promisify(fs.readv)(descriptor, [buffer], 0), await promisify(fs.writev)(descriptor, [buffer], 0));
    fs.closeSync(descriptor);
    say(await promisify(fs.writeFile)(file, 'three'), String(await promisify(fs.readFile)(file)));
    say(await writeFile(file, 'four'), await fs.promises.appendFile(file, 'five'), await readFile(file, 'utf8'));
    for (const call of [() => fs.readFileSync(join(folder, 'none')), () => fs.readSync('no number')]) {
      try {
        call();
      } catch (error) {
        say(error.code, error.syscall);
      }
    }
    say((await readFile(join(folder, 'none')).catch((error) => error)).code);
    for (let round = 0; round < 2; round += 1) {
      const opened = await open(file, 'r+');
      say(await opened.write('W', 0), (await opened.read(buffer, 0, 4, 0)).bytesRead, await opened.writev([buffer], 0));
      say((await opened.readv([buffer], 0)).bytesRead, await opened.writeFile('!'), await opened.appendFile('?'));
      say(await opened.readFile('utf8'));
      await opened.close();
    }
    say(fs.read.length, fs.read.name, fs.writeFile.length, typeof fs.read[promisify.custom]);
    response.end('files');
  },
  '/others': async (request, response) => {
    say((await promisify(gzip)('text'.repeat(100))).length > 0);
    const store = new AsyncLocalStorage();
    const resource = store.run('stored', () => new AsyncResource('own'));
    const self = {};
    const result = resource.runInAsyncScope(
      function work(...args) {
        return [this === self, args, store.getStore()];
      },
      self,
      1,
      2,
    );
    say(result);
    const thrown = new Error('in the scope');
    try {
      resource.runInAsyncScope(() => {
        throw thrown;
      });
    } catch (error) {
      say('thrown', error === thrown);
    }
    const { port } = request.socket.address();
    const body = await new Promise((resolve) => {
      const call = http.get({ port, path: '/small', agent: false }, async (answer) => {
        let text = '';
        for await (const chunk of answer) text += chunk;
        resolve(text);
      });
      call.on('socket', (socket) => say('socket', typeof socket.write));
    });
    say(body, await (await fetch(`http://127.0.0.1:${port}/small`)).text());
    await failingCalls(`http://127.0.0.1:${port}`);
    response.end('others');
  },
  '/logs': (request, response) => {
    const serializers = {
      own: (value) => {
        if (value === 'bad') throw new Error('of a serializer');
        return value;
      },
    };
    const log = pino({ base: null, timestamp: false, serializers }, { write: (line) => say(withoutIds(line)) });
    log.info({ own: 1 }, 'a line');
    for (const method of ['debug', 'log', 'info', 'warn']) console[method]('a line of the console', method);
    console.error('and one of errors', { own: 1 });
    response.end('logs');
  },
  '/small': (request, response) => response.end('small'),
  '/trailer': (request, response) => {
    request.user = { id: 'u', roles: ['admin'] };
    response.write('one');
    say('trailer', response.end('two') === response);
  },
};

function handle(request, response) {
  say('request', request.method, request.url, this instanceof http.Server || this.constructor.name);
  return (deeds[request.url] ?? deeds['/small'])(request, response);
}

const server = http.createServer(handle);
server.on('upgrade', (request, socket, head) => {
  say('upgrade', socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'), String(head));
  socket.end('frames');
});
server.on('connect', (request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
const servers = {
  http: server,
  https: https.createServer(certificate, handle),
  http2: http2.createSecureServer({ ...certificate, allowHTTP1: true }, handle),
};

const withoutIds = (line) => line.replaceAll(/,"(?:request_id|trace_id|span_id|trace_flags)":"[^"]*"/g, '');
const ours = /^(?:x-request-id|x-resource-tracking-id|server-timing|trailer|date):.*\r\n/gim;
const plain = (text) => text.replaceAll(ours, '');

async function exchange(name, text, { then } = {}) {
  const { port } = servers[name].address();
  const target = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
  const socket = name === 'http' ? connect(target) : connectTls(target);
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk;
    if (then !== undefined && received.endsWith(then.after)) socket.end(then.send);
  });
  socket.on('error', (error) => say(error.code));
  socket.write(text);
  await once(socket, 'close');
  say(name, plain(received));
}

const head = (path, more = '', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Debug-Resource-Tracking: 1\r\n${more}\r\n`;

for (const each of Object.values(servers)) await once(each.listen(0, '127.0.0.1'), 'listening');
for (const name of Object.keys(servers)) {
  await exchange(name, head('/plain'));
  await exchange(name, `${head('/events', 'Content-Length: 4\r\n', 'POST')}body`);
}
for (const path of ['/throws', '/detached', '/hijacked', '/never', '/files', '/others', '/logs'])
  await exchange('http', head(path));
await exchange('http', head('/trailer', 'TE: trailers\r\n'));
await exchange('http', head('/plain').replace('Host: a\r\n', ''));
await exchange('http', 'broken\r\n\r\n');
await exchange('http', head('/chat', 'Upgrade: own\r\n').replace('close', 'upgrade'));
await exchange('http', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
const keep = head('/small').replace('close', 'keep-alive');
await exchange('http', `${keep}${keep}${head('/never')}${keep}`);

await exchange('http', 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(mostHeld));

// By hand, as in-process callers do it.
const made = new http.IncomingMessage(null);
Object.assign(made, { method: 'GET', url: '/small' });
const answer = new http.ServerResponse(made);
say('by hand', server.emit('request', made, answer), answer.writableEnded, server.emit('nobody', 1));

for (const each of Object.values(servers)) {
  each.close();
  each.closeAllConnections?.();
}
process.on('SIGHUP', () => {});
say(process.listenerCount('SIGHUP'), process.listeners('SIGTERM'), process.rawListeners('SIGINT'));
say(process.listenerCount('SIGTERM'), process.emit('own'), process.emit('SIGHUP', 'SIGHUP'));
process.removeAllListeners('SIGHUP');
process.on('exit', (code) => {
  fs.rmSync(folder, { recursive: true, force: true });
  console.log(`${seen.join('\n')}\nexit ${code}`);
});
say(process.kill(process.pid, 0));
try {
  say(new Worker(42));
} catch (error) {
  say(error.code);
}
const endings = {
  signal: () => {
    console.log(seen.join('\n'));
    execFileSync('kill', ['-TERM', String(process.pid)]);
    setInterval(() => {}, 1000);
  },
  exit: () => process.exit(4),
  abort: () => process.abort(),
  execve: () => process.execve(process.execPath, ['node', '-p', '"executed"'], { PATH: process.env.PATH }),
};
process.exitCode = 3;
endings[process.argv[2]]?.();
