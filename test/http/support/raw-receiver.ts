/** A server that is no HTTP server: it keeps the bytes of each request as they came, and answers each the same. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import type { Certificate } from './certificate.ts';

export interface RawReceiver {
  readonly port: number;
  readonly securePort: number;
  /** Requests since the last call, one character per byte. */
  readonly taken: () => readonly string[];
  readonly close: () => Promise<void>;
}

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const redirect = 'HTTP/1.1 302 Found\r\nLocation: /after\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

export async function startRawReceiver(certificate: Certificate): Promise<RawReceiver> {
  const requests: string[] = [];
  const serve = (socket: Socket): void => keepRequest(socket, (request) => requests.push(request));
  const { key, cert } = certificate;
  const servers = [createServer(serve), createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, serve)];
  await Promise.all(servers.map(async (server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const [port = 0, securePort = 0] = servers.map(portOf);
  return {
    port,
    securePort,
    taken: () => requests.splice(0),
    close: async () => {
      await Promise.all(servers.map(async (server) => once(server.close(), 'close')));
    },
  };
}

function portOf(server: Server): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- listens on a port
  return (server.address() as AddressInfo).port;
}

function keepRequest(socket: Socket, keep: (request: string) => void): void {
  let bytes = '';
  let isContinued = false;
  socket.setEncoding('latin1').on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    bytes += text;
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = bytes.slice(0, end).toLowerCase();
    if (head.includes('\r\nexpect: 100-continue') && !isContinued) {
      isContinued = true;
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }
    if (!isComplete(head, bytes.slice(end + 4))) return;
    keep(bytes);
    bytes = '';
    socket.end(head.split(' ', 2)[1] === '/redirect' ? redirect : answer);
  });
}

function isComplete(head: string, body: string): boolean {
  if (/\r\ntransfer-encoding: *chunked/.test(head)) return /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(body);
  return body.length >= Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
}
