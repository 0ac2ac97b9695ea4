/** What the applications believe to be their collector: passes on to the real one, or behaves as collectors do on bad days. */
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export const moods = [
  'refuses connections',
  'never answers',
  'resets in the middle',
  'is slow',
  '503',
  '429 with Retry-After: 0',
  '429 with Retry-After: 2',
  '500',
  'answers garbage',
  'answers without an end',
] as const;

export type Mood = (typeof moods)[number] | 'well';

export class ReceiverProxy {
  readonly #target: () => string;
  readonly #sockets = new Set<Socket>();
  #server: http.Server | undefined;
  #port = 0;
  #mood: Mood = 'well';
  /** Requests that came, whatever became of them. */
  posts = 0;

  /** @param target - The address of the real collector; asked for each request, since it may be started anew. */
  constructor(target: () => string) {
    this.#target = target;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = http.createServer((request, response) => {
      this.posts += 1;
      this.#answer(request, response);
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(this.#port, '127.0.0.1', resolve);
    await promise;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has such an address
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async setMood(mood: Mood): Promise<void> {
    const [before, now] = [this.#mood, mood];
    this.#mood = mood;
    for (const socket of this.#sockets) socket.destroy();
    if (now === 'refuses connections') await this.stop();
    else if (before === 'refuses connections') await this.start();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeAllConnections();
    await promise;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    switch (this.#mood) {
      case 'well':
      case 'refuses connections':
        return this.#passOn(request, response);
      case 'is slow':
        setTimeout(() => this.#passOn(request, response), 800);
        return undefined;
      case 'never answers':
        request.resume();
        return undefined;
      case 'resets in the middle':
        request.once('data', () => request.socket.resetAndDestroy());
        return undefined;
      case 'answers garbage':
        request.socket.end('\u0000 garbage\r\n\r\n');
        return undefined;
      case 'answers without an end':
        return drip(request, response);
      case '503':
        return refuse(request, response, { status: 503, headers: {} });
      case '500':
        return refuse(request, response, { status: 500, headers: {} });
      case '429 with Retry-After: 0':
        return refuse(request, response, { status: 429, headers: { 'retry-after': '0' } });
      case '429 with Retry-After: 2':
        return refuse(request, response, { status: 429, headers: { 'retry-after': '2' } });
      default:
        return this.#mood satisfies never;
    }
  }

  #passOn(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'POST', url = '/', headers } = request;
    const onward = http.request(new URL(url, this.#target()), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, headers }: Refusal): void {
  request.resume();
  request.on('end', () => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end('{"message":"chaos"}');
  });
}

function drip(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write('x'.repeat(1000)), 20);
  response.on('close', () => clearInterval(timer));
}
