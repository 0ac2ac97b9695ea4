/** An OTLP/gRPC receiver in the test's own process: just enough of gRPC over HTTP/2 to take unary calls and say OK. */
import { once } from 'node:events';
import { createSecureServer, createServer } from 'node:http2';
import type { Http2Session, IncomingHttpHeaders, SecureServerOptions, ServerHttp2Stream } from 'node:http2';
import type { SecureContextOptions } from 'node:tls';

/** gRPC's own, before each message. */
const framingBytes = 5;

interface GrpcCall {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** With the five bytes of gRPC's own framing. */
  readonly body: Buffer;
}

export interface GrpcReceiver {
  /** Host and port, without a scheme. */
  readonly host: string;
  /** Those that were answered with OK. */
  readonly calls: readonly GrpcCall[];
  /** Resolves as soon as the condition holds; checked at the start and at each call. */
  readonly until: (condition: (calls: readonly GrpcCall[]) => boolean) => Promise<void>;
  /** The certificate of connections from now on, and no others are left. */
  readonly renew: (tls: SecureContextOptions) => void;
  readonly close: () => Promise<void>;
}

export interface GrpcOptions {
  /** 0: a free one. */
  readonly port?: number;
  /** Larger messages are refused as gRPC servers do it. */
  readonly maxBytes?: number;
}

/** Plain text, or TLS with a certificate. */
export async function startGrpcReceiver(tls?: SecureServerOptions, options: GrpcOptions = {}): Promise<GrpcReceiver> {
  const { port = 0, maxBytes = Infinity } = options;
  const calls: GrpcCall[] = [];
  const waiting = new Set<() => void>();
  const sessions = new Set<Http2Session>();
  const secure = tls === undefined ? undefined : createSecureServer(tls);
  const server = secure ?? createServer();
  server.on('session', (session: Http2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A caller that goes away in mid-call is none of the assertions here.
    stream.on('error', () => stream.destroy());
    stream.once('end', () => {
      const body = Buffer.concat(chunks);
      const bytes = body.byteLength - framingBytes;
      if (bytes > maxBytes) {
        const words = encodeURIComponent(`grpc: received message larger than max (${bytes} vs. ${maxBytes})`);
        stream.respond({ ':status': 200, 'grpc-status': '8', 'grpc-message': words }, { endStream: true });
        return;
      }
      calls.push({ path: headers[':path'] ?? '', headers, body });
      for (const check of waiting) check();
      stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      // One empty message: not compressed, no bytes.
      stream.end(Buffer.alloc(5));
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    host: `localhost:${bound}`,
    calls,
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition(calls)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    renew: (context) => {
      secure?.setSecureContext(context);
      for (const session of sessions) session.destroy();
    },
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
