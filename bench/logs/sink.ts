/** Where log records are sent: answers OTLP/HTTP correctly, keeps the bodies, and counts the records when asked. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

import { readLogs } from '../../test/support/otlp-reader.ts';

/** Answer to any message: what has come since the last one. */
export interface Received {
  readonly records: number;
  /** Records that carry a trace id. */
  readonly traced: number;
}

// Read only when nobody is measured.
let bodies: Buffer[] = [];

const server = createServer((request, response) => {
  void keep(request).then(() => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has an AddressInfo
  process.send?.({ port: (server.address() as AddressInfo).port });
});

process.on('message', () => {
  const records = bodies.flatMap((body) => readLogs(body).map(({ traceId }) => traceId !== ''));
  bodies = [];
  process.send?.({ records: records.length, traced: records.filter(Boolean).length } satisfies Received);
});
process.on('disconnect', () => process.exit());

async function keep(request: IncomingMessage): Promise<void> {
  const body = await buffer(request);
  if (request.url === '/v1/logs') bodies.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
}
