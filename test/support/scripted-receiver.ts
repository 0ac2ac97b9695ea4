/** An OTLP/HTTP receiver with faults on order: it refuses, is busy, never answers, goes away, and comes back on the same port. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

import { logsOf, spansOf } from './otlp-json.ts';
import type { PlainLogRecord, PlainSpan } from './otlp-json.ts';
import type { ReceivedRequest } from './otlp-receiver.ts';

export interface ScriptedOptions {
  /** 0: a free one. */
  readonly port?: number;
  /** Status of the answer to the request with this index, from 0, of its path; `undefined` never answers. Default 200. */
  readonly answer?: (index: number, path: string) => number | undefined;
  /** `Retry-After` of answers other than 200. */
  readonly retryAfter?: string;
  /** Larger bodies are answered with 413. */
  readonly maxBytes?: number;
  /** With a certificate: it speaks TLS. */
  readonly tls?: SecureContextOptions;
}

export interface ScriptedReceiver {
  readonly url: string;
  readonly port: number;
  /** Everything that came, whatever was answered. */
  readonly requests: readonly ReceivedRequest[];
  /** Spans of the requests that were answered with 200. */
  readonly spans: () => readonly PlainSpan[];
  readonly logs: () => readonly PlainLogRecord[];
  /** Resolves as soon as the condition holds; looked at after each request. */
  readonly until: (condition: () => boolean) => Promise<void>;
  /** The certificate of connections from now on, and no others are left. */
  readonly renew: (tls: SecureContextOptions) => void;
  readonly close: () => Promise<void>;
}

/** Takes OTLP in JSON. */
export async function startScriptedReceiver(options: ScriptedOptions = {}): Promise<ScriptedReceiver> {
  const { answer = () => 200, maxBytes = Infinity, retryAfter } = options;
  const requests: ReceivedRequest[] = [];
  const accepted: ReceivedRequest[] = [];
  const counts = new Map<string, number>();
  const waiting = new Set<() => void>();

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray());
    const { method = '', url: path = '', headers } = request;
    const isJson = headers['content-type'] === 'application/json';
    const received = { method, path, headers, body, json: isJson ? JSON.parse(body.toString()) : undefined };
    const index = counts.get(path) ?? 0;
    counts.set(path, index + 1);
    requests.push(received);
    const status = body.byteLength > maxBytes ? 413 : answer(index, path);
    if (status === 200) accepted.push(received);
    if (status !== undefined && status !== 200 && retryAfter !== undefined)
      response.setHeader('retry-after', retryAfter);
    if (status !== undefined) response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    for (const check of waiting) check();
  };
  const listener: RequestListener = (request, response) => {
    // A sender that is gone in mid-body has sent nothing.
    take(request, response).catch(() => response.destroy());
  };
  const secure = options.tls === undefined ? undefined : createTlsServer(options.tls, listener);
  const server = secure ?? createServer(listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    spans: () => spansOf(accepted),
    logs: () => logsOf(accepted),
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    renew: (tls) => {
      secure?.setSecureContext(tls);
      server.closeAllConnections();
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port on which nobody listens: it was free a moment ago. */
export async function deadPort(): Promise<number> {
  const receiver = await startScriptedReceiver();
  await receiver.close();
  return receiver.port;
}
