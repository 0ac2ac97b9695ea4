/** An OTLP/HTTP receiver in the test's own process, on a free port, that keeps what it gets. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { gunzipSync } from 'node:zlib';

/** One request as it came. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly body: Buffer;
  /** Parsed body of a JSON request, else undefined. */
  readonly json: unknown;
}

export interface ReceiverOptions {
  /** HTTPS with this certificate instead of HTTP. */
  readonly tls?: ServerOptions;
  /** Answers are held back until `release()`. */
  readonly isHolding?: boolean;
}

export interface OtlpReceiver {
  /** `http://127.0.0.1:<port>`; with TLS `https://localhost:<port>`. */
  readonly url: string;
  readonly port: number;
  /** In the order of arrival. Requests to other paths than OTLP's are kept as well, and answered with 200. */
  readonly requests: readonly ReceivedRequest[];
  /** How many requests the sender gave up before they were answered. */
  readonly abortedCount: () => number;
  /** Resolves as soon as the condition holds; checked at the start and at each event. */
  readonly until: (condition: (receiver: OtlpReceiver) => boolean) => Promise<void>;
  /** Answers everything that was held back, and from then on at once. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
}

export async function startOtlpReceiver(options: ReceiverOptions = {}): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const held: ServerResponse[] = [];
  const waiting = new Set<() => void>();
  let isHolding = options.isHolding ?? false;
  let aborted = 0;
  const notify = (): void => {
    for (const check of waiting) check();
  };

  const keep = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const result = await received(request);
      requests.push(result);
      if (isHolding) held.push(response);
      else answer(response, result.headers['content-type']);
      notify();
    } catch {
      // Cut off in mid-body: its answer closes unfinished and is counted there.
      response.destroy();
    }
  };

  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A sender that gives up destroys its socket, which shows here as an answer closed before its end.
    response.once('close', () => {
      if (!response.writableFinished) aborted += 1;
      notify();
    });
    void keep(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const receiver: OtlpReceiver = {
    url: options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    port,
    requests,
    abortedCount: () => aborted,
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition(receiver)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    release: () => {
      isHolding = false;
      for (const response of held.splice(0)) answer(response, 'application/json');
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

async function received(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = await request.toArray();
  const { method = '', url = '', headers } = request;
  const raw = Buffer.concat(chunks);
  const body = headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const isJson = headers['content-type']?.startsWith('application/json') === true && body.length > 0;
  const json: unknown = isJson ? JSON.parse(body.toString()) : undefined;
  return { method, path: url, headers, body, json };
}

/** An empty message is a full success in both encodings: `{}` and no bytes at all. */
function answer(response: ServerResponse, contentType: string | undefined): void {
  const isJson = contentType?.startsWith('application/json') === true;
  response.writeHead(200, { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' });
  response.end(isJson ? '{}' : undefined);
}
