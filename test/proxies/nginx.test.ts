/** Behind Debian's nginx: docs/behind-a-proxy.md's own configuration, and the usual ones, each with a client that is hostile. */
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { PlainSpan } from '../http/support/otlp-json.ts';
import { exchange, onlyResponse } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import { missingNginx, startNginx } from './nginx-server.ts';

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
  /** The server's. */
  readonly span: PlainSpan;
}

interface Place {
  readonly visit: (visit: Visit) => Promise<Seen>;
  /** The line of nginx's access log with that text. */
  readonly logged: (text: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** An application behind nginx, both of their own. */
async function place(http: string, env: Readonly<Record<string, string>> = {}): Promise<Place> {
  const app = await startTracedApp('plain-app.mjs', { env });
  const nginx = await startNginx(http, app.port);
  let visits = 0;
  return {
    visit: async ({ from, headers = [] }) => {
      const path = `/visit-${(visits += 1)}`;
      const forged = [`X-Request-ID: ${chosenId}`, `traceparent: 00-${chosenTrace}-b7ad6b7169203331-01`, ...headers];
      const head = [`GET ${path} HTTP/1.1`, 'Host: shop.example', 'Connection: close', ...forged];
      const send = `PROXY TCP4 ${from} 127.0.0.1 40000 80\r\n${head.join('\r\n')}\r\n\r\n`;
      const response = onlyResponse((await exchange({ port: nginx.port, send })).received);
      expect(response.status).toBe(200);
      const found = (): PlainSpan | undefined => app.spans().find(({ attributes }) => attributes['url.path'] === path);
      await app.until(() => found() !== undefined);
      const span = found();
      if (span === undefined) throw new Error('its span was there a moment ago');
      return { requestId: response.all('x-request-id')[0], span };
    },
    logged: nginx.logged,
    stop: async () => {
      await nginx.stop();
      await app.stop();
    },
  };
}

/** The same for one test. */
async function placeForTest(http: string, env?: Readonly<Record<string, string>>): Promise<Place> {
  const started = await place(http, env);
  onTestFinished(started.stop);
  return started;
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
      let behind: Place;
      beforeAll(async () => {
        behind = await place(documented(), {
          REQLENS_TRUST_REQUEST_ID: 'proxy',
          REQLENS_FORWARDED_HEADER: 'x-forwarded-for',
        });
      });
      afterAll(async () => behind.stop());

      test.each(hostile)('a client in the internet %s: the id is the one in the log of nginx', async (_, headers) => {
        const { requestId, span } = await behind.visit({ from: '203.0.113.9', headers });
        expect(requestId).toMatch(/^[\da-f]{32}$/);
        const line = await behind.logged(String(span.attributes['url.path']));
        expect(line.split(' "')[0]).toBe(`203.0.113.9 ${requestId}`);
        expect(span).toMatchObject({ traceId: requestId, parentSpanId: undefined, links: [] });
        expect(span.attributes['client.address']).toBe('203.0.113.9');
      });
    });

    describe('X-Forwarded-For is appended to, everything else passed on; no setting of ours', () => {
      let behind: Place;
      beforeAll(async () => {
        behind = await place(passing(appended));
      });
      afterAll(async () => behind.stop());

      test.each(hostile)('a client in the internet %s: its ids are not believed', async (_, headers) => {
        const { requestId, span } = await behind.visit({ from: '203.0.113.9', headers });
        expect(requestId).toMatch(newId);
        expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId: chosenTrace }] });
        expect(span.traceId).toBe(requestId?.replaceAll('-', ''));
        // A Forwarded of the client's own beside it: then nobody but nginx is known.
        const isInDoubt = headers.some((line) => line.startsWith('Forwarded'));
        expect(span.attributes['client.address']).toBe(isInDoubt ? '127.0.0.1' : '203.0.113.9');
      });

      test('a service of the own network: its ids are kept', async () => {
        const { requestId, span } = await behind.visit({ from: '10.0.0.7' });
        expect(span).toMatchObject({ traceId: chosenTrace, parentSpanId: 'b7ad6b7169203331', links: [] });
        expect(requestId?.replaceAll('-', '')).toBe(chosenTrace);
        expect(span.attributes['client.address']).toBe('10.0.0.7');
      });
    });

    test('with REQLENS_HTTP_SERVER=otel too', async () => {
      const behind = await placeForTest(passing(appended), { REQLENS_HTTP_SERVER: 'otel' });
      const { requestId, span } = await behind.visit({ from: '203.0.113.9', headers: ['X-Forwarded-For: 10.0.0.1'] });
      expect(requestId).toMatch(newId);
      expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId: chosenTrace }] });
      expect(span.attributes['client.address']).toBe('203.0.113.9');
    });

    test('Forwarded is written in place of it: the same', async () => {
      const lines = ['proxy_set_header Forwarded "for=$remote_addr";', 'proxy_set_header X-Forwarded-For "";'];
      const behind = await placeForTest(passing(...lines));
      const { requestId, span } = await behind.visit({ from: '203.0.113.9', headers: ['Forwarded: for=10.0.0.1'] });
      expect(requestId).toMatch(newId);
      expect(span.attributes['client.address']).toBe('203.0.113.9');
    });

    test('nginx names nobody, as without a line about it: that cannot be told, and never is what the page says to set', async () => {
      const open = await placeForTest(passing());
      expect((await open.visit({ from: '203.0.113.9' })).span.traceId).toBe(chosenTrace);
      const closed = await placeForTest(passing(), {
        REQLENS_TRUST_REQUEST_ID: 'never',
        REQLENS_TRUST_TRACEPARENT: 'never',
      });
      const { requestId, span } = await closed.visit({ from: '203.0.113.9' });
      expect(requestId).toMatch(newId);
      expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId: chosenTrace }] });
    });
  },
);
