/** One request to a receiver over OTLP/HTTP or OTLP/gRPC. Runs in the application and, at its exit, in a helper thread. */
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { gzipSync } from 'node:zlib';

import type { Route, Sent } from './sent.ts';

export interface PostOptions {
  /** For this one request, in milliseconds. */
  readonly timeoutMs: number;
  /** True in the application: our sockets must not keep its process alive. */
  readonly isDetached: boolean;
}

/** Answers bigger than this are not an Export response; the rest is not read. */
const maxAnswerBytes = 64 * 1024;
/** Idle connections are closed before most servers close theirs (Node's own server: 5 s), or a request would meet a reset. */
const keepAliveMs = 4000;
const agents = {
  'http:': new http.Agent({ keepAlive: true, timeout: keepAliveMs, maxSockets: 4 }),
  'https:': new https.Agent({ keepAlive: true, timeout: keepAliveMs, maxSockets: 4 }),
};

/** Never rejects. Retryable: no connection, a time-out, 429, 502, 503, 504 (https://opentelemetry.io/docs/specs/otlp/#failures). */
export async function post(route: Route, body: Uint8Array, options: PostOptions): Promise<Sent> {
  try {
    return await (route.isGrpc ? postGrpc(route, body, options) : postHttp(route, body, options));
  } catch (error) {
    return unreachable(error);
  }
}

async function postHttp(route: Route, body: Uint8Array, options: PostOptions): Promise<Sent> {
  const url = new URL(route.url);
  const isTls = url.protocol === 'https:';
  const content = route.isGzip ? gzipSync(body) : body;
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const request = (isTls ? https : http).request(url, {
    method: 'POST',
    agent: agents[isTls ? 'https:' : 'http:'],
    headers: { ...route.headers, 'content-length': content.byteLength },
    timeout: options.timeoutMs,
    ...route.tls,
  });
  // One deadline for connecting, sending and the whole answer: `timeout` alone starts again with every byte.
  const deadline = setTimeout(
    () => request.destroy(new Error(`no answer within ${options.timeoutMs} ms`)),
    options.timeoutMs,
  );
  if (options.isDetached) {
    deadline.unref();
    request.on('socket', (socket) => socket.unref());
  }
  request.on('error', (error) => resolve(unreachable(error)));
  request.on('response', (response) => {
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
      if (received > maxAnswerBytes) response.destroy();
    });
    response.on('error', (error) => resolve(unreachable(error)));
    response.on('close', () => resolve(outcome(response.statusCode ?? 0, response.headers['retry-after'])));
  });
  request.end(content);
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
  }
}

const retryable = new Set([429, 502, 503, 504]);

function outcome(status: number, retryAfter: string | undefined): Sent {
  if (status >= 200 && status < 300) return { status: 'sent' };
  const reason = `HTTP status ${status}`;
  if (!retryable.has(status)) return { status: 'refused', reason, isTooLarge: status === 413 };
  const seconds = Number(retryAfter);
  return {
    status: 'retry',
    reason,
    afterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
    isUnreachable: false,
  };
}

/** UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, DATA_LOSS, CANCELLED (same page, gRPC). */
const retryableGrpc = new Set([1, 4, 8, 10, 11, 14, 15]);

/**
 * A unary gRPC call: one length-prefixed message each way, the status in the trailers
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Forty lines here stand against 10 MB of packages that
 * could not be loaded in the few milliseconds an exit leaves.
 */
async function postGrpc(route: Route, body: Uint8Array, options: PostOptions): Promise<Sent> {
  const url = new URL(route.url);
  const session = http2.connect(url.origin, route.tls);
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const deadline = setTimeout(
    () => resolve(unreachable(new Error(`no answer within ${options.timeoutMs} ms`))),
    options.timeoutMs,
  );
  if (options.isDetached) {
    deadline.unref();
    session.unref();
  }
  session.on('error', (error) => resolve(unreachable(error)));
  const call = session.request({ ...route.headers, ':method': 'POST', ':path': url.pathname });
  let status: string | undefined;
  const readStatus = (headers: http2.IncomingHttpHeaders): void => {
    status = headers['grpc-status']?.toString() ?? status;
  };
  call.on('response', readStatus);
  call.on('trailers', readStatus);
  call.on('error', (error) => resolve(unreachable(error)));
  call.on('close', () => resolve(grpcOutcome(status)));
  call.resume();
  call.end(framed(body, route.isGzip));
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    session.destroy();
  }
}

function grpcOutcome(status: string | undefined): Sent {
  if (status === '0') return { status: 'sent' };
  if (status === undefined) return unreachable(new Error('the connection closed without a gRPC status'));
  const reason = `gRPC status ${status}`;
  if (!retryableGrpc.has(Number(status))) return { status: 'refused', reason, isTooLarge: false };
  return { status: 'retry', reason, afterMs: undefined, isUnreachable: false };
}

/** One byte says whether it is compressed, four say how long it is. */
function framed(body: Uint8Array, isGzip: boolean): Buffer {
  const message = isGzip ? gzipSync(body) : body;
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isGzip ? 1 : 0, 0);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}

function unreachable(error: unknown): Sent {
  return { status: 'retry', reason: reasonOf(error), afterMs: undefined, isUnreachable: true };
}

/** A refused connection to `localhost` is an AggregateError without a message: it lists one error for each address. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
