/** Where the variants export to: answers OTLP/HTTP and the Datadog agent's protocol correctly, keeps the bodies, and counts when asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

import { countSpans } from '../../test/support/otlp-reader.ts';

/** Answer to any message: what has come since the last one. */
export interface Received {
  /** Server and other spans together. For dd-trace traces, of which each request makes one. */
  readonly spans: number;
  /** Bodies of /v1/metrics. */
  readonly metricRequests: number;
}

// Bodies are only kept while a server is measured: reading them at once would take the CPU that the server and the client share.
let traceBodies: Buffer[] = [];
let datadogTraces = 0;
let metricRequests = 0;

const server = createServer((request, response) => {
  void buffer(request).then((body) => answer(request, body, response));
});
server.listen(0, '127.0.0.1', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has an AddressInfo
  process.send?.({ port: (server.address() as AddressInfo).port });
});
server.keepAliveTimeout = 60_000;

process.on('message', () => {
  const spans = traceBodies.reduce((sum, body) => sum + countSpans(body), datadogTraces);
  process.send?.({ spans, metricRequests } satisfies Received);
  traceBodies = [];
  datadogTraces = 0;
  metricRequests = 0;
});
process.on('disconnect', () => process.exit());

function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): ServerResponse {
  const path = request.url ?? '';
  if (path === '/v1/traces') traceBodies.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  if (path === '/v1/metrics') metricRequests += 1;
  if (path.startsWith('/v1/')) return response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();

  if (path.endsWith('/traces')) datadogTraces += Number(request.headers['x-datadog-trace-count'] ?? 0);
  const agentInfo = { version: '7.70.0', endpoints: ['/v0.4/traces', '/v0.5/traces'], client_drop_p0s: false };
  const json = path === '/info' ? agentInfo : { rate_by_service: { 'service:,env:': 1 } };
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}
