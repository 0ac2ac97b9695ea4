/**
 * Calls whom it is told to, as the harness of the W3C's trace-context suite asks: a POST with `[{ url, arguments }]` is answered when each `url` has got its
 * `arguments` by POST. By `fetch` at /fetch, by `http.request` everywhere else.
 */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { buffer, json } from 'node:stream/consumers';

const server = createServer(async (incoming, response) => {
  const call = incoming.url === '/fetch' ? byFetch : byRequest;
  try {
    for (const { url, arguments: body } of await json(incoming)) await call(url, JSON.stringify(body));
    response.end('called');
  } catch (error) {
    response.writeHead(502).end(String(error));
  }
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

async function byFetch(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await answer.arrayBuffer();
}

async function byRequest(url, body) {
  const call = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } });
  call.end(body);
  const [answer] = await once(call, 'response');
  await buffer(answer);
}
