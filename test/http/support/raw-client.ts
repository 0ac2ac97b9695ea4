/** Speaks HTTP byte by byte, so that requests no client library would send can be sent, and answers are seen as they are. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Exchange {
  readonly port: number;
  /** TLS without a check of the certificate. */
  readonly isTls?: boolean;
  /** Written in one go after connecting. */
  readonly send: string | Buffer;
  /** When to hang up. Default: when the server does. */
  readonly hangUpAfter?: (received: string) => boolean;
  /** More to send, once, when this holds. */
  readonly followUp?: { readonly after: (received: string) => boolean; readonly send: string };
  /** Closes our half of the connection after sending, so that no server waits for more. */
  readonly isAll?: boolean;
  /** Address that we come from. Default: the system's choice. */
  readonly from?: string;
}

export interface Exchanged {
  /** All that the server sent, one character per byte. */
  readonly received: string;
  readonly localPort: number;
}

/** Resolves when the connection is closed by either side. A reset by the server is an end like any other. */
export async function exchange({
  port,
  isTls,
  send,
  isAll,
  hangUpAfter,
  followUp,
  from,
}: Exchange): Promise<Exchanged> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const target = { port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) };
  const socket: Socket = isTls === true ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target);
  let received = '';
  let localPort = 0;
  let hasSentMore = false;
  socket.setEncoding('latin1');
  socket.on(isTls === true ? 'secureConnect' : 'connect', () => {
    localPort = socket.localPort ?? 0;
    if (isAll === true) socket.end(send, 'latin1');
    else socket.write(send, 'latin1');
  });
  socket.on('data', (text: string) => {
    received += text;
    if (hangUpAfter?.(received) === true) socket.destroy();
    if (followUp !== undefined && !hasSentMore && followUp.after(received)) {
      hasSentMore = true;
      socket.write(followUp.send, 'latin1');
    }
  });
  socket.on('error', (error) => {
    // Refused to begin with is a fault of the test; a reset after that is the server's way to hang up.
    if (localPort === 0) reject(error);
  });
  socket.on('close', () => resolve({ received, localPort }));
  return promise;
}

export interface RawResponse {
  readonly status: number;
  readonly statusLine: string;
  /** Name as sent and value, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** All values of a field, by a name in any case. */
  readonly all: (name: string) => readonly string[];
  readonly body: string;
}

/**
 * Splits what a server sent into responses. Bodies end by Content-Length, by chunks (decoded), or with the connection;
 * informational responses have none.
 */
export function responsesIn(received: string): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = received;
  while (rest.includes('\r\n\r\n')) {
    const at = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, at).split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const all = (name: string): string[] =>
      headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    const status = Number(statusLine.split(' ')[1]);
    const { body, length } = bodyOf(rest.slice(at + 4), { status, all });
    responses.push({ status, statusLine, headers, all, body });
    rest = rest.slice(at + 4 + length);
  }
  return responses;
}

/** The only response, or the last one after informational ones. */
export function onlyResponse(received: string): RawResponse {
  const finals = responsesIn(received).filter(({ status }) => status >= 200 || status === 101);
  const [response] = finals;
  if (response === undefined || finals.length !== 1)
    throw new Error(`expected one response, got ${finals.length}: ${JSON.stringify(received.slice(0, 2000))}`);
  return response;
}

type Head = Pick<RawResponse, 'status' | 'all'>;

function bodyOf(rest: string, { status, all }: Head): { readonly body: string; readonly length: number } {
  if (status < 200 || status === 204 || status === 304) return { body: '', length: 0 };
  if (all('transfer-encoding').includes('chunked')) return chunkedBody(rest);
  const [declared] = all('content-length');
  const length = declared === undefined ? rest.length : Number(declared);
  return { body: rest.slice(0, length), length };
}

function chunkedBody(rest: string): { readonly body: string; readonly length: number } {
  let body = '';
  let at = 0;
  for (;;) {
    const end = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.slice(at, end), 16);
    if (end < 0 || !(size > 0)) return { body, length: end < 0 ? rest.length : end + 4 };
    body += rest.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}
