/** A site whose admin page loads the overlay: it answers as an application under the preload does, and keeps what it was asked. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

/** What came in, in order; without the overlay's own reading. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface OverlaySite {
  /** No slash at the end. */
  readonly url: string;
  readonly asked: Asked[];
  /** Reads of usage: path and Authorization. */
  readonly reads: (readonly [path: string, authorization: string | undefined])[];
  /** By request id; what is not there is 404. */
  readonly kept: Map<string, object>;
  /** How often an id is 404 before it is there. */
  readonly lateBy: Map<string, number>;
  readonly close: () => Promise<void>;
}

export const token = 'eyJ.admin.sig';
/** As strict as can be: nothing inline, no style but constructed ones, nothing made from text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'connect-src http://127.0.0.1:*',
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
const overlay = readFileSync('dist/overlay/overlay.js');

/** @param attributes - Of the script that loads the overlay. */
export async function startOverlaySite(attributes: string): Promise<OverlaySite> {
  const site = { asked: [], reads: [], kept: new Map(), lateBy: new Map() } as Omit<OverlaySite, 'url' | 'close'>;
  const server = createServer((request, response) => void answer(site, attributes, { request, response }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { ...site, url, close };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(site: Omit<OverlaySite, 'url' | 'close'>, attributes: string, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const url = new URL(request.url ?? '/', 'http://site');
  if (url.pathname === '/admin') {
    const trace = url.searchParams.get('trace');
    if (trace !== null) response.setHeader('server-timing', `traceparent;desc="00-${trace}-00f067aa0ba902b7-01"`);
    response.setHeader('content-security-policy', policy);
    const link = '<link rel="stylesheet" href="/site.css">';
    const script = `<script type="module" src="/overlay.js" ${attributes}></script>`;
    const page = `<!doctype html><html lang="en"><title>admin</title>${link}${script}<h1>Orders</h1><button>Theirs</button>`;
    response.setHeader('content-type', 'text/html').end(page);
  } else if (url.pathname === '/overlay.js') response.setHeader('content-type', 'text/javascript').end(overlay);
  else if (url.pathname === '/site.css') {
    response
      .setHeader('content-type', 'text/css')
      .end('body div, html > div { display: none } * { color: red; font-size: 40px }');
  } else if (url.pathname === '/favicon.ico') response.writeHead(204).end();
  else if (url.pathname.startsWith('/_usage/')) readUsage(site, url.pathname, exchange);
  else await answerApi(site, url, exchange);
}

function readUsage(
  { reads, kept, lateBy }: Omit<OverlaySite, 'url' | 'close'>,
  path: string,
  exchange: Exchange,
): void {
  const { request, response } = exchange;
  const { authorization } = request.headers;
  const id = decodeURIComponent(path.slice('/_usage/'.length));
  reads.push([path, authorization]);
  const late = lateBy.get(id) ?? 0;
  lateBy.set(id, late - 1);
  const usage = authorization === `Bearer ${token}` && late <= 0 ? kept.get(id) : undefined;
  const status = usage === undefined ? 404 : 200;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(usage ?? { type: 'about:blank', title: 'Not Found', status }));
}

/** `?id=` is answered as the tracking id, `?status=` as the status, `?expose=1` lets other origins see the id. */
async function answerApi(
  { asked }: Omit<OverlaySite, 'url' | 'close'>,
  url: URL,
  { request, response }: Exchange,
): Promise<void> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  asked.push({ method: request.method ?? '', path: url.pathname, headers: request.headers, body });
  response.setHeader('access-control-allow-origin', '*');
  if (url.searchParams.get('expose') === '1')
    response.setHeader('access-control-expose-headers', 'X-Resource-Tracking-ID');
  const id = url.searchParams.get('id');
  if (id !== null) response.setHeader('x-resource-tracking-id', id);
  response.statusCode = Number(url.searchParams.get('status') ?? 200);
  response.end('{"ok":true}');
}
