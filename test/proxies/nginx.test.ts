/** Behind Debian's nginx: docs/behind-a-proxy.md's own configuration, and the usual ones, each with a client that is hostile. */
import { readFileSync } from 'node:fs';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { PlainSpan } from '../http/support/otlp-json.ts';
import { exchange, onlyResponse } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import { missingNginx, startNginx } from './nginx-server.ts';
import type { Nginx } from './nginx-server.ts';

const chosenId = 'order-4711';
const chosenTrace = '0af7651916cd43dd8448eb211c80319c';
const newId = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** The page's block is the one that is run. */
function documented(): string {
  const page = readFileSync('docs/behind-a-proxy.md', 'utf8');
  const [, block] = /```nginx\n(# nginx\.conf.*?)```/s.exec(page) ?? [];
  if (block === undefined) throw new Error('docs/behind-a-proxy.md has no configuration of nginx');
  return block;
}

/** A server with these lines beside `proxy_pass`. */
function passing(...lines: readonly string[]): string {
  return `server { listen 8080; location / { proxy_pass http://127.0.0.1:3000; ${lines.join(' ')} } }`;
}

const appended = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';

interface Visit {
  /** Where the client is, as nginx sees it. */
  readonly from: string;
  readonly headers?: readonly string[];
}

interface Seen {
  /** The answer's `X-Request-ID`. */
  readonly requestId: string | undefined;
  readonly span: PlainSpan | undefined;
  readonly nginx: Nginx;
}

/** One request through a nginx and an application of its own. */
async function visit(
  http: string,
  env: Readonly<Record<string, string>>,
  { from, headers = [] }: Visit,
): Promise<Seen> {
  const app = await startTracedApp('plain-app.mjs', { env });
  const nginx = await startNginx(http, app.port);
  onTestFinished(nginx.stop);
  const forged = [`X-Request-ID: ${chosenId}`, `traceparent: 00-${chosenTrace}-b7ad6b7169203331-01`, ...headers];
  const head = ['GET / HTTP/1.1', 'Host: shop.example', 'Connection: close', ...forged];
  const send = `PROXY TCP4 ${from} 127.0.0.1 40000 80\r\n${head.join('\r\n')}\r\n\r\n`;
  const { received } = await exchange({ port: nginx.port, send });
  const response = onlyResponse(received);
  expect(response.status).toBe(200);
  await app.stop();
  const [span] = app.spans();
  return { requestId: response.all('x-request-id')[0], span, nginx };
}

const hostile: readonly (readonly [string, readonly string[]])[] = [
  ['says nothing of others', []],
  ['names a private client', ['X-Forwarded-For: 10.0.0.1']],
  ['names many, in several fields', ['X-Forwarded-For: 10.0.0.1, 127.0.0.1', 'X-Forwarded-For: 10.0.0.2']],
  ['names one in Forwarded', ['Forwarded: for=10.0.0.1']],
  ['names one in both', ['X-Forwarded-For: 10.0.0.1', 'Forwarded: for=10.0.0.1']],
  ['opens a quote', ['X-Forwarded-For: "10.0.0.1', 'Forwarded: for="10.0.0.1']],
  ['asks for the header to be dropped', ['Connection: X-Forwarded-For', 'X-Forwarded-For: 10.0.0.1']],
  ['spells it with underscores', ['X_Forwarded_For: 10.0.0.1']],
  ['sends much', [`X-Forwarded-For: ${'10.0.0.1, '.repeat(700)}`]],
  ['fills the head up', Array.from({ length: 950 }, () => 'a: 1')],
];

describe.skipIf(missingNginx !== undefined)(
  `nginx${missingNginx === undefined ? '' : ` (skipped: ${missingNginx})`}`,
  () => {
    describe('the configuration of docs/behind-a-proxy.md', () => {
      const env = { REQLENS_TRUST_REQUEST_ID: 'proxy', REQLENS_FORWARDED_HEADER: 'x-forwarded-for' };

      test.each(hostile)('a client in the internet %s: the id is the one in the log of nginx', async (_, headers) => {
        const { requestId, span, nginx } = await visit(documented(), env, { from: '203.0.113.9', headers });
        const [line] = nginx.accessLog();
        expect(line).toMatch(new RegExp(`^203\\.0\\.113\\.9 ${requestId} "GET / HTTP/1\\.1" 200$`));
        expect(requestId).toMatch(/^[\da-f]{32}$/);
        expect(span).toMatchObject({ traceId: requestId, parentSpanId: undefined, links: [] });
        expect(span?.attributes['client.address']).toBe('203.0.113.9');
      });
    });

    describe('X-Forwarded-For is appended to, everything else passed on; no setting of ours', () => {
      test.each(hostile)('a client in the internet %s: its ids are not believed', async (_, headers) => {
        const { requestId, span } = await visit(passing(appended), {}, { from: '203.0.113.9', headers });
        expect(requestId).toMatch(newId);
        expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId: chosenTrace }] });
        expect(span?.traceId).toBe(requestId?.replaceAll('-', ''));
        // A Forwarded of the client's own beside it: then nobody but nginx is known.
        const isInDoubt = headers.some((line) => line.startsWith('Forwarded'));
        expect(span?.attributes['client.address']).toBe(isInDoubt ? '127.0.0.1' : '203.0.113.9');
      });

      test('a service of the own network: its ids are kept', async () => {
        const { requestId, span } = await visit(passing(appended), {}, { from: '10.0.0.7' });
        expect(span).toMatchObject({ traceId: chosenTrace, parentSpanId: 'b7ad6b7169203331', links: [] });
        expect(requestId?.replaceAll('-', '')).toBe(chosenTrace);
        expect(span?.attributes['client.address']).toBe('10.0.0.7');
      });

      test('with REQLENS_HTTP_SERVER=otel too', async () => {
        const env = { REQLENS_HTTP_SERVER: 'otel' };
        const [, headers] = hostile[1] ?? [];
        const { requestId, span } = await visit(passing(appended), env, {
          from: '203.0.113.9',
          headers: headers ?? [],
        });
        expect(requestId).toMatch(newId);
        expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId: chosenTrace }] });
        expect(span?.attributes['client.address']).toBe('203.0.113.9');
      });
    });

    test('Forwarded is written in place of it: the same', async () => {
      const lines = ['proxy_set_header Forwarded "for=$remote_addr";', 'proxy_set_header X-Forwarded-For "";'];
      const { requestId, span } = await visit(
        passing(...lines),
        {},
        { from: '203.0.113.9', headers: ['Forwarded: for=10.0.0.1'] },
      );
      expect(requestId).toMatch(newId);
      expect(span?.attributes['client.address']).toBe('203.0.113.9');
    });

    describe('nginx names nobody, as without a line about it: that cannot be told', () => {
      test('ids of a client in the internet are believed, as the page says', async () => {
        const { span } = await visit(passing(), {}, { from: '203.0.113.9' });
        expect(span?.traceId).toBe(chosenTrace);
      });

      test('never is what the page tells to set', async () => {
        const env = { REQLENS_TRUST_REQUEST_ID: 'never', REQLENS_TRUST_TRACEPARENT: 'never' };
        const { requestId, span } = await visit(passing(), env, { from: '203.0.113.9' });
        expect(requestId).toMatch(newId);
        expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId: chosenTrace }] });
      });
    });
  },
);
