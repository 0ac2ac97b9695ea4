/** What clients send for each ending, and when they go away. */
import { connect } from 'node:net';

import { endings } from '../../test/request-endings/apps/endings.mjs';

export interface AskedEnding {
  readonly title: string;
  readonly send: string;
  /** `wait` until the server closes; `first byte`, `half` (closes the own half at once), `at once`: after sending. */
  readonly goes: 'wait' | 'first byte' | 'half' | 'at once';
  /** Requests in one connection. Default 1. */
  readonly each?: number;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
const upgrade = (path: string): string => get(path).replace('close', 'Upgrade\r\nUpgrade: own');
const keepAlive = (path: string): string => get(path).replace('close', 'keep-alive');
const post = (head: string, body: string): string =>
  `POST /body HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${head}\r\n\r\n${body}`;

/** `/closesAll` closes those of all others; of connections whose listeners are all taken away (`/stolen`) Node itself keeps 4 KB each. */
const leftOut = new Set(['/body', '/closesAll', '/stolen']);

/** Endings that the client decides about; `/body` is asked for below. */
const goesByPath: Readonly<Record<string, AskedEnding['goes']>> = {
  '/never': 'at once',
  '/begun': 'first byte',
  '/chatAccepted': 'first byte',
};

const simple = Object.keys(endings)
  .filter((path) => !leftOut.has(path))
  .map((path): AskedEnding => {
    const send = path.startsWith('/chat') ? upgrade(path) : get(path);
    return { title: path, send, goes: goesByPath[path] ?? 'wait' };
  });

export const askedEndings: readonly AskedEnding[] = [
  ...simple,
  { title: 'half-closed', send: keepAlive('/never'), goes: 'half' },
  { title: 'upload', send: post('Content-Length: 2', 'ok'), goes: 'wait' },
  { title: 'upload broken off', send: post('Content-Length: 9', 'ok'), goes: 'at once' },
  { title: 'upload that is no chunk', send: post('Transfer-Encoding: chunked', 'zz\r\n'), goes: 'wait' },
  { title: 'upload too slow', send: post('Content-Length: 9', 'ok'), goes: 'wait' },
  { title: 'CONNECT', send: 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', goes: 'wait' },
  { title: 'no HTTP', send: 'broken\r\n\r\n', goes: 'wait' },
  { title: 'pipelined and broken', send: keepAlive('/begun').repeat(5), goes: 'first byte', each: 5 },
  { title: 'pipelined and whole', send: keepAlive('/answered').repeat(4) + get('/answered'), goes: 'wait', each: 5 },
];

/** One connection; resolves when it is closed. */
export async function ask(port: number, { send, goes }: AskedEnding): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1', () => {
    if (goes === 'half') socket.end(send);
    else socket.write(send, () => goes === 'at once' && setTimeout(() => socket.destroy(), 1));
  });
  socket.on('data', () => {
    if (goes === 'first byte') socket.destroy();
  });
  // A reset is one of the endings.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve());
  return promise;
}
