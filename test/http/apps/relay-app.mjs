/**
 * `/relay?to=<url>` calls that url by http and by fetch and answers with what both were told; `/seen` tells the headers that came.
 * With `own=<id>` the calls carry an X-Request-ID of the application's own.
 */
import http, { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { trace } from '@opentelemetry/api';
import { currentRequest } from 'reqlens';

async function byHttp(url, headers) {
  const { promise, resolve, reject } = Promise.withResolvers();
  http.get(url, { headers }, resolve).on('error', reject);
  return JSON.parse(await text(await promise));
}

async function byFetch(url, headers) {
  return (await fetch(url, { headers })).json();
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  response.setHeader('content-type', 'application/json');
  if (pathname === '/seen') {
    // As sent: request.headers has the id that the request got here.
    const pairs = Array.from({ length: request.rawHeaders.length / 2 }, (_, n) =>
      request.rawHeaders.slice(2 * n, 2 * n + 2),
    );
    response.end(JSON.stringify(Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))));
    return;
  }
  const own = searchParams.get('own');
  const headers = own === null ? {} : { 'x-REQUEST-id': own };
  const to = searchParams.get('to') ?? `http://127.0.0.1:${server.address().port}/seen`;
  trace.getTracer('app').startSpan('own work').end();
  const told = { http: await byHttp(to, headers), fetch: await byFetch(to, headers) };
  response.end(JSON.stringify({ ...told, current: currentRequest(), seen: request.headers }));
});
server.listen(0, () => console.log(`listening ${server.address().port}`));
