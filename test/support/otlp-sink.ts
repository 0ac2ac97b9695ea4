/** An OTLP/HTTP receiver for tests: takes protobuf, gzip or not, answers as the specification says, and keeps what it got. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

import { readLogs, readSpans, type ReceivedLog, type ReceivedSpan } from './otlp-reader.ts';

export interface OtlpSink {
  /** Base URL, as OTEL_EXPORTER_OTLP_ENDPOINT wants it. */
  readonly url: string;
  /** In the order of arrival. */
  readonly spans: readonly ReceivedSpan[];
  readonly logs: readonly ReceivedLog[];
  /** Resolves with the first item that `isWanted` accepts, already here or still to come; the test's own time limit ends the wait. */
  waitForSpan(isWanted: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan>;
  waitForLog(isWanted: (log: ReceivedLog) => boolean): Promise<ReceivedLog>;
  stop(): Promise<void>;
}

/** @param port - 0: a free one. */
export async function startOtlpSink(port = 0): Promise<OtlpSink> {
  const spans = new Arrivals<ReceivedSpan>();
  const logs = new Arrivals<ReceivedLog>();
  const server = createServer((request, response) => {
    void receive(request, { spans, logs }).finally(() => response.end());
    // An empty Export…ServiceResponse: everything taken.
    response.writeHead(200, { 'content-type': 'application/x-protobuf' });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has an AddressInfo
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    spans: spans.items,
    logs: logs.items,
    waitForSpan: (isWanted) => spans.waitFor(isWanted),
    waitForLog: (isWanted) => logs.waitFor(isWanted),
    stop: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

async function receive(request: IncomingMessage, { spans, logs }: Kept): Promise<void> {
  const received = await buffer(request);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
  if (request.url === '/v1/traces') spans.add(readSpans(body));
  if (request.url === '/v1/logs') logs.add(readLogs(body));
}

interface Kept {
  readonly spans: Arrivals<ReceivedSpan>;
  readonly logs: Arrivals<ReceivedLog>;
}

class Arrivals<Item> {
  readonly items: Item[] = [];
  readonly #waiting = new Set<() => void>();

  add(items: readonly Item[]): void {
    this.items.push(...items);
    for (const look of this.#waiting) look();
  }

  async waitFor(isWanted: (item: Item) => boolean): Promise<Item> {
    const { promise, resolve } = Promise.withResolvers<Item>();
    const look = (): void => {
      const item = this.items.find(isWanted);
      if (item !== undefined) resolve(item);
    };
    this.#waiting.add(look);
    look();
    return promise.finally(() => this.#waiting.delete(look));
  }
}
