/** OTLP over gRPC: one session for each receiver, every way it can end, and what statuses and trailers mean. */
import { once } from 'node:events';
import { createServer, constants } from 'node:http2';
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

import { expect, onTestFinished, test } from 'vitest';

import { listening, payload, receiver, senderTo } from './receiver.ts';

interface GrpcReceiver {
  readonly url: string;
  readonly sessions: readonly ServerHttp2Session[];
  readonly callCount: () => number;
  readonly server: Http2Server;
}

type Answer = (stream: ServerHttp2Stream, index: number) => void;

async function grpcReceiver(answer: Answer): Promise<GrpcReceiver> {
  const sessions: ServerHttp2Session[] = [];
  let calls = 0;
  const server = createServer();
  server.on('session', (session: ServerHttp2Session) => {
    sessions.push(session);
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => stream.destroy());
    stream.resume();
    stream.once('end', () => {
      calls += 1;
      answer(stream, calls - 1);
    });
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  return { url: `http://127.0.0.1:${port}`, sessions, callCount: () => calls, server };
}

function ok(stream: ServerHttp2Stream, message = Buffer.alloc(5)): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(message);
}

/** A status alone, in the headers, as servers send it when they have no message. */
function only(stream: ServerHttp2Stream, headers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true });
}

const grpc = { protocol: 'grpc' } as const;

test('three signals and many calls share one session', async () => {
  const { url, sessions, callCount } = await grpcReceiver((stream) => ok(stream));
  const senders = [senderTo(url, grpc), senderTo(url, grpc), senderTo(url, grpc)];
  for (let round = 0; round < 3; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one round after the other
    const sent = await Promise.all(senders.map((sender) => sender.send(payload)));
    expect(sent).toEqual([{ status: 'sent' }, { status: 'sent' }, { status: 'sent' }]);
  }
  expect({ sessions: sessions.length, calls: callCount() }).toEqual({ sessions: 1, calls: 9 });
});

test.each(['goaway', 'close', 'destroy'] as const)(
  'a session that ended by %s is replaced without a failure',
  async (how) => {
    const { url, sessions } = await grpcReceiver((stream) => ok(stream));
    const sender = senderTo(url, grpc);
    await sender.send(payload);
    const [session] = sessions;
    if (how === 'goaway') session?.goaway(constants.NGHTTP2_NO_ERROR);
    else session?.[how]();
    if (how !== 'goaway' && session?.destroyed === false) await once(session, 'close');
    expect(await sender.send(payload)).toEqual({ status: 'sent' });
    expect(sessions).toHaveLength(2);
  },
);

test('a kept session that dies under a call costs one more try', async () => {
  const { url, sessions } = await grpcReceiver((stream, index) => {
    if (index === 1) stream.session?.destroy();
    else ok(stream);
  });
  const sender = senderTo(url, grpc);
  await sender.send(payload);
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(sessions).toHaveLength(2);
});

test('a stream that is refused is asked for once again', async () => {
  const { url, callCount } = await grpcReceiver((stream, index) => {
    if (index === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else ok(stream);
  });
  const sender = senderTo(url, grpc);
  await sender.send(payload);
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(callCount()).toBe(3);
});

test('a receiver that never answers is given up at the deadline, with its session', async () => {
  const { url, sessions } = await grpcReceiver((stream, index) => {
    if (index > 0) ok(stream);
  });
  const sender = senderTo(url, { ...grpc, timeoutMs: 300 });
  expect(await sender.send(payload)).toMatchObject({ reason: 'no answer within 300 ms', isUnreachable: true });
  expect(await senderTo(url.replace('127.0.0.1', 'localhost'), grpc).send(payload)).toEqual({ status: 'sent' });
  expect(sessions).toHaveLength(2);
});

test('an endless answer is cut', async () => {
  const { url } = await grpcReceiver((stream) => {
    stream.respond({ ':status': 200 });
    const more = (): void => {
      while (!stream.destroyed && stream.write(Buffer.alloc(16_384))) continue;
      if (!stream.destroyed) stream.once('drain', more);
    };
    more();
  });
  const sent = await senderTo(url, grpc).send(payload);
  expect(sent.status).toBe('retry');
});

test('partial success in the message', async () => {
  const partial = Buffer.from([0x0a, 7, 0x08, 2, 0x12, 3, ...Buffer.from('old')]);
  const { url } = await grpcReceiver((stream) =>
    ok(stream, Buffer.concat([Buffer.from([0, 0, 0, 0, partial.length]), partial])),
  );
  expect(await senderTo(url, grpc).send(payload)).toEqual({ status: 'sent', rejected: { count: 2, message: 'old' } });
});

test.each([
  ['1', 'retry', 'gRPC status 1 (CANCELLED)'],
  ['3', 'refused', 'gRPC status 3 (INVALID_ARGUMENT)'],
  ['4', 'retry', 'gRPC status 4 (DEADLINE_EXCEEDED)'],
  ['7', 'refused', 'gRPC status 7 (PERMISSION_DENIED)'],
  ['8', 'refused', 'gRPC status 8 (RESOURCE_EXHAUSTED)'],
  ['12', 'refused', 'gRPC status 12 (UNIMPLEMENTED)'],
  ['14', 'retry', 'gRPC status 14 (UNAVAILABLE)'],
  ['16', 'refused', 'gRPC status 16 (UNAUTHENTICATED)'],
  ['99', 'refused', 'gRPC status 99'],
  ['what', 'refused', 'gRPC status what'],
])('grpc-status %s: %s', async (status, outcome, reason) => {
  const { url } = await grpcReceiver((stream) => only(stream, { 'grpc-status': status }));
  expect(await senderTo(url, grpc).send(payload)).toMatchObject({ status: outcome, reason });
});

test('RESOURCE_EXHAUSTED with RetryInfo waits as long as it says', async () => {
  const info = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const any = Buffer.from([0x0a, info.length, ...info, 0x12, 4, 0x0a, 2, 0x08, 30]);
  const details = Buffer.from([0x08, 8, 0x1a, any.length, ...any]).toString('base64');
  const { url } = await grpcReceiver((stream) =>
    only(stream, { 'grpc-status': '8', 'grpc-message': 'slow%20down', 'grpc-status-details-bin': details }),
  );
  const sender = senderTo(url, grpc);
  expect(await sender.send(payload)).toMatchObject({
    status: 'retry',
    reason: 'gRPC status 8 (RESOURCE_EXHAUSTED): slow down',
  });
  expect(sender.mayAskInMs()).toBeGreaterThan(29_000);
});

test('a message beyond the limit of the receiver is too large', async () => {
  const { url } = await grpcReceiver((stream) =>
    only(stream, {
      'grpc-status': '8',
      'grpc-message': 'grpc: received message larger than max (5000000 vs. 4194304)',
    }),
  );
  expect(await senderTo(url, grpc).send(payload)).toMatchObject({ status: 'refused', isTooLarge: true });
});

test('a rate beyond the limit of the receiver is no size: half of a batch is as much too often', async () => {
  const { url } = await grpcReceiver((stream) =>
    only(stream, { 'grpc-status': '8', 'grpc-message': 'tenant exceeds rate limit of 1000 spans per second' }),
  );
  expect(await senderTo(url, grpc).send(payload)).toMatchObject({ status: 'refused', isTooLarge: false });
});

test.each([
  [503, 'retry'],
  [404, 'refused'],
  [502, 'retry'],
])('a proxy that answers %d by HTTP alone', async (status, outcome) => {
  const { url } = await grpcReceiver((stream) => stream.respond({ ':status': status }, { endStream: true }));
  expect(await senderTo(url, grpc).send(payload)).toMatchObject({ status: outcome, reason: `HTTP status ${status}` });
});

test('a stream that ends without a status', async () => {
  const { url } = await grpcReceiver((stream) => {
    stream.respond({ ':status': 200 });
    stream.end();
  });
  expect(await senderTo(url, grpc).send(payload)).toMatchObject({
    status: 'retry',
    reason: 'the connection was closed without a gRPC status',
  });
});

test('an HTTP/1 server where gRPC is expected', async () => {
  const { url } = await receiver((response) => response.end());
  expect(await senderTo(url, grpc).send(payload)).toMatchObject({ status: 'retry', isUnreachable: true });
});
