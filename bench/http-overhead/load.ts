/** The client, in a process of its own: keep-alive connections, each sends its next request when the answer is there. */
import { connect } from 'node:net';

/** Sent by the parent, answered with the milliseconds it took. */
export interface Load {
  readonly port: number;
  /** Path with query. */
  readonly path: string;
  readonly requests: number;
  readonly connections: number;
}

process.on('message', (load: Load) => {
  const startMs = performance.now();
  let left = load.requests;
  const claim = (): boolean => left-- > 0;
  const sockets = Array.from({ length: load.connections }, () => runConnection(load, claim));
  void Promise.all(sockets).then(() => process.send?.({ wallMs: performance.now() - startMs }));
});

/** @throws Error (ending this process) at any answer but 200, so that a broken server is never measured. */
function runConnection({ port, path }: Load, claim: () => boolean): Promise<void> {
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: reqlens-bench\r\nAccept: application/json\r\n\r\n`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1');
  let received = '';
  const next = (): void => {
    received = '';
    if (claim()) socket.write(head);
    else socket.end(() => resolve());
  };
  socket.setNoDelay(true).setEncoding('latin1');
  socket.once('connect', next).once('error', reject);
  socket.on('data', (text: string) => {
    received += text;
    if (!isWhole(received)) return;
    if (!received.startsWith('HTTP/1.1 200 '))
      throw new Error(`expected 200, the server answered ${received.slice(0, 40)}`);
    next();
  });
  return promise;
}

/** Both ways Node frames a body: a length, or chunks ended by an empty one. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= end + 4 + Number(length);
}
