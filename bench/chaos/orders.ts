/** Sends orders to the application and to its bare twin, and compares the answers. */
import http from 'node:http';

import type { Life } from './started-process.ts';

export const orderKinds = ['plain', 'created', 'failed', 'chunked', 'empty', 'nested'] as const;
export type OrderKind = (typeof orderKinds)[number];

/** Spans that one order makes: an order that asks for the stock has a client span and the stock's server span besides. */
export const spansOf: Readonly<Record<OrderKind, number>> = {
  plain: 1,
  created: 1,
  failed: 1,
  chunked: 1,
  empty: 1,
  nested: 3,
};

export interface Order {
  readonly n: number;
  readonly kind: OrderKind;
  /** The process that answered. */
  readonly life: Life;
  readonly requestId: string;
  /** By `performance.now()`. */
  readonly sentMs: number;
  /** The same. */
  readonly answeredMs: number;
}

interface Answer {
  readonly status: number | undefined;
  /** Names and values as they came, without those of ours. */
  readonly headers: readonly string[];
  readonly requestId: string;
  readonly body: string;
  /** By `performance.now()`. */
  readonly endedMs: number;
}

/** What our documentation says that we add. */
const ours = new Set(['x-request-id', 'x-resource-tracking-id', 'server-timing', 'trailer']);
const changing = new Set(['date']);

export interface OrderRequest {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: http.Agent;
}

/** Undefined: there was no whole answer, because the process was killed, or not there. */
export async function send({ url, path, headers, agent }: OrderRequest): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  const request = http.get(new URL(path, url), { agent, headers, timeout: 20_000 }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => (body += text));
    response.on('error', () => resolve(undefined));
    response.on('end', () => resolve(response.complete ? answerOf(response, body) : undefined));
  });
  request.on('timeout', () => request.destroy(new Error('no answer within 20 s')));
  request.on('error', () => resolve(undefined));
  return promise;
}

function answerOf(response: http.IncomingMessage, body: string): Answer {
  const { rawHeaders, statusCode, headers } = response;
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (ours.has(name.toLowerCase())) continue;
    lines.push(changing.has(name.toLowerCase()) ? name : `${name}: ${rawHeaders[at + 1]}`);
  }
  const requestId = String(headers['x-request-id'] ?? '');
  return { status: statusCode, headers: lines, body, requestId, endedMs: performance.now() };
}

/** @returns What differs, in words; undefined when nothing does. */
export function differenceBetween(answer: Answer, twin: Answer): string | undefined {
  const [ours_, bare] = [answer, twin].map(({ status, headers, body }) => JSON.stringify({ status, headers, body }));
  return ours_ === bare ? undefined : `${ours_} where bare Node answers ${bare}`;
}
