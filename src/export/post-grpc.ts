/**
 * A request over OTLP/gRPC: a unary call is one length-prefixed message each way, with the status in the trailers
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). These lines stand against 10 MB of packages that could not be
 * loaded in the few milliseconds an exit leaves.
 */
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';

import { asDead, closedEarly, onceAgain, tooLate, whenLate } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { grpcOutcome } from './grpc-outcome.ts';
import type { GrpcAnswer } from './grpc-outcome.ts';
import { sessionFor } from './grpc-sessions.ts';
import { maxAnswerBytes } from './http-outcome.ts';

import type { Sent } from './sent.ts';

export async function postGrpc(attempt: Attempt): Promise<Sent> {
  const answer = await onceAgain(async () => call(attempt));
  const sent = grpcOutcome(answer, attempt.route);
  if (sent === undefined) throw new Error('the connection was closed without a gRPC status');
  return sent;
}

/** @throws The system's error, `tooLate`, or DeadConnection. */
async function call(attempt: Attempt): Promise<GrpcAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<GrpcAnswer>();
  const gaveUp = new AbortController();
  const callOff = whenLate(attempt, () => {
    gaveUp.abort();
    reject(tooLate(attempt.timeoutMs));
  });
  callOn(attempt, gaveUp.signal).then(resolve, reject);
  try {
    return await promise;
  } finally {
    callOff();
  }
}

/** @param gaveUp - Ends the session: a connection on which nothing comes back is no use to the next call either. */
async function callOn({ route, content, isDetached }: Attempt, gaveUp: AbortSignal): Promise<GrpcAnswer> {
  const { session, wasKept } = await sessionFor(route);
  if (isDetached) session.unref();
  const { promise, resolve, reject } = Promise.withResolvers<GrpcAnswer>();
  const fail = (error: Error): void => {
    const seen = asDead(error, wasKept);
    if (seen !== error) session.destroy();
    reject(seen);
  };
  const giveUp = (): void => session.destroy();
  session.once('error', fail);
  gaveUp.addEventListener('abort', giveUp);
  try {
    const stream = session.request({ ...route.headers, ':method': 'POST', ':path': new URL(route.url).pathname });
    stream.on('error', fail);
    void answerOf(stream).then((answer) => (answer.status === 0 ? fail(closedEarly()) : resolve(answer)));
    stream.end(framed(content, route.isGzip));
    return await promise;
  } catch (error) {
    // A session that ended a moment ago throws at once.
    throw error instanceof Error ? asDead(error, wasKept) : error;
  } finally {
    session.off('error', fail);
    gaveUp.removeEventListener('abort', giveUp);
  }
}

/** Resolves when the stream is closed, however that came. */
async function answerOf(stream: ClientHttp2Stream): Promise<GrpcAnswer> {
  const { promise, resolve } = Promise.withResolvers<GrpcAnswer>();
  let all: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  const read = (headers: IncomingHttpHeaders): void => {
    all = { ...all, ...headers };
  };
  const chunks: Buffer[] = [];
  let received = 0;
  stream.on('response', read);
  stream.on('trailers', read);
  stream.on('data', (chunk: Buffer) => {
    received += chunk.byteLength;
    if (received > maxAnswerBytes) stream.close();
    else chunks.push(chunk);
  });
  stream.on('close', () => {
    const text = (name: string): string | undefined => all[name]?.toString();
    resolve({
      status: all[':status'] ?? 0,
      headers: all,
      body: Buffer.concat(chunks),
      grpcStatus: text('grpc-status'),
      grpcMessage: text('grpc-message'),
      details: text('grpc-status-details-bin'),
    });
  });
  return promise;
}

/** One byte says whether it is compressed, four say how long it is. */
function framed(message: Uint8Array, isGzip: boolean): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isGzip ? 1 : 0, 0);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}
