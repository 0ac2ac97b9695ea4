/** What the applications believe to be their collector: passes on to the real one, or behaves as collectors do on bad days. */
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { PostLog } from './post-log.ts';
import type { Post } from './post-log.ts';

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

export interface ReceiverProxyParts {
  /** The address of the real collector; asked for each request, since it may be started anew. */
  readonly target: () => string;
  /** Whose process a connection is. */
  readonly ownerOf: (socket: Socket) => number | undefined;
}

/** A request whose body was read. */
interface Read {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly post: Post;
}

export class ReceiverProxy {
  readonly log: PostLog = new PostLog();
  readonly #parts: ReceiverProxyParts;
  readonly #sockets = new Map<Socket, number | undefined>();
  #server: http.Server | undefined;
  #port = 0;
  #mood: Mood = 'well';
  /** Requests that came, whatever became of them. */
  posts = 0;

  constructor(parts: ReceiverProxyParts) {
    this.#parts = parts;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = http.createServer((request, response) => {
      this.posts += 1;
      this.#take(request, response);
    });
    server.on('connection', (socket) => {
      this.#sockets.set(socket, this.#parts.ownerOf(socket));
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
    for (const socket of this.#sockets.keys()) socket.destroy();
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

  #take(request: IncomingMessage, response: ServerResponse): void {
    const mood = this.#mood;
    const pid = this.#sockets.get(request.socket);
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (mood === 'resets in the middle') request.socket.resetAndDestroy();
    });
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const post: Post = { atMs: performance.now(), mood, pid };
      this.log.note(request.url ?? '', body, post);
      this.#answer({ request, body, post }, response, mood);
    });
  }

  #answer(read: Read, response: ServerResponse, mood: Mood): void {
    switch (mood) {
      case 'never answers':
      case 'resets in the middle':
        return undefined;
      case 'well':
      case 'refuses connections':
        return this.#passOn(read, response);
      case 'is slow':
        setTimeout(() => this.#passOn(read, response), 800);
        return undefined;
      case 'answers garbage':
        read.request.socket.end('\u0000 garbage\r\n\r\n');
        return undefined;
      case 'answers without an end':
        return this.#passOn(read, response, drip);
      case '503':
        return refuse(read, response, { status: 503, headers: {} });
      case '500':
        return refuse(read, response, { status: 500, headers: {} });
      case '429 with Retry-After: 0':
        return refuse(read, response, { status: 429, headers: { 'retry-after': '0' } });
      case '429 with Retry-After: 2':
        return refuse(read, response, { status: 429, headers: { 'retry-after': '2' } });
      default:
        return mood satisfies never;
    }
  }

  #passOn({ request, body, post }: Read, response: ServerResponse, giveBack = passBack): void {
    const { method = 'POST', url = '/', headers } = request;
    const onward = http.request(new URL(url, this.#parts.target()), { method, headers }, (answer) => {
      post.status = answer.statusCode ?? 502;
      giveBack(answer, response, post.status);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  }
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

function refuse({ post }: Read, response: ServerResponse, { status, headers }: Refusal): void {
  post.status = status;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end('{"message":"chaos"}');
}

function passBack(answer: IncomingMessage, response: ServerResponse, status: number): void {
  response.writeHead(status, answer.headers);
  answer.pipe(response);
  answer.on('error', () => response.destroy());
}

/** What was sent has been taken, or the status says what became of it; but the answer never ends. */
function drip(answer: IncomingMessage, response: ServerResponse, status: number): void {
  answer.resume();
  answer.on('error', () => undefined);
  // Nobody listens any more, and no 'close' would come to end it.
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write('x'.repeat(1000)), 20);
  response.on('close', () => clearInterval(timer));
}
