/** Server-Sent Events of what has just arrived. Coalesced and bounded: a page that cannot keep up is cut off, and catches up by reloading. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveSkipped, LiveTrace, RequestRow } from './api-types.ts';
import type { TelemetryStore } from '../store/telemetry-store.ts';

/** At most one round of events in this time. */
const roundMs = 250;
/** Keeps proxies and the browser from taking the stream for dead. */
const heartbeatMs = 15_000;
/** Traces looked at in one round; of the others the page only learns how many there were. */
const maxTracesPerRound = 200;
/** Unsent bytes after which a page is cut off; its EventSource connects again. */
const maxUnsentBytes = 1024 * 1024;
/** Pages at the same time: a browser has 6 connections for one host, and a tab each. */
const maxClients = 50;

export class LiveStream {
  readonly #store: TelemetryStore;
  readonly #clients = new Set<ServerResponse>();
  readonly #changed = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #round: NodeJS.Timeout | undefined;
  #skipped = 0;

  constructor(store: TelemetryStore) {
    this.#store = store;
    this.#unsubscribe = store.subscribe((traceIds) => this.#note(traceIds));
    this.#heartbeat = setInterval(() => this.#sendAll(': still here\n\n'), heartbeatMs).unref();
  }

  /** Answers a request with the stream. */
  open(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (request.method === 'HEAD' || this.#clients.size >= maxClients) {
      response.end();
      return;
    }
    response.on('close', () => this.#clients.delete(response));
    this.#clients.add(response);
    // The page knows by its `open` event that from here on it misses nothing.
    response.write('retry: 1000\n\n');
  }

  /** Ends all streams. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#round);
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #note(traceIds: readonly string[]): void {
    if (this.#clients.size === 0) return;
    for (const traceId of traceIds) {
      if (this.#changed.has(traceId)) continue;
      if (this.#changed.size < maxTracesPerRound) this.#changed.add(traceId);
      else this.#skipped += 1;
    }
    this.#round ??= setTimeout(() => this.#sendRound(), roundMs).unref();
  }

  #sendRound(): void {
    const events: string[] = [];
    for (const traceId of this.#changed) {
      events.push(event('trace', { traceId }));
      for (const request of this.#store.requestsOf(traceId)) events.push(event('request', request));
    }
    if (this.#skipped > 0) events.push(event('skipped', { traces: this.#skipped }));
    this.#changed.clear();
    this.#skipped = 0;
    this.#round = undefined;
    this.#sendAll(events.join(''));
  }

  #sendAll(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > maxUnsentBytes) client.destroy();
      else client.write(text);
    }
  }
}

const event = (name: string, value: LiveTrace | LiveSkipped | RequestRow): string =>
  `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
