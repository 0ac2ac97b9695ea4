/** A receiver that goes away and comes back on the same port; counts spans once each, and the Datadog agent's traces as their tracer counts them. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

import { readSpans } from '../../test/support/otlp-reader.ts';

export class Receiver {
  /** `traceId spanId` of server spans. */
  readonly #spans = new Set<string>();
  #server: http.Server | undefined;
  #port = 0;
  #datadogTraces = 0;
  /** Spans that came a second time. */
  doubled = 0;
  /** Requests that were answered. */
  posts = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get arrived(): number {
    return this.#spans.size + this.#datadogTraces;
  }

  async start(): Promise<void> {
    const server = http.createServer((request, response) => {
      request.on('error', () => response.destroy());
      void buffer(request).then(
        (body) => this.#take(request, body, response),
        () => response.destroy(),
      );
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(this.#port, '127.0.0.1', resolve);
    await promise;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has such an address
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Connections are refused from here on. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (server === undefined) return;
    server.close(() => resolve());
    server.closeAllConnections();
    await promise;
  }

  #take(request: http.IncomingMessage, body: Buffer, response: http.ServerResponse): void {
    const { url: path = '', headers } = request;
    this.posts += 1;
    if (path.startsWith('/v1/')) {
      const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (path === '/v1/traces') for (const span of readSpans(bytes)) this.#add(`${span.traceId} ${span.spanId}`);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      return;
    }
    if (path.endsWith('/traces')) this.#datadogTraces += Number(headers['x-datadog-trace-count'] ?? 0);
    const agentInfo = { version: '7.70.0', endpoints: ['/v0.4/traces', '/v0.5/traces'], client_drop_p0s: false };
    const json = path === '/info' ? agentInfo : { rate_by_service: { 'service:,env:': 1 } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  }

  #add(id: string): void {
    if (this.#spans.has(id)) this.doubled += 1;
    this.#spans.add(id);
  }
}
