/**
 * Makes requests in the ways of outgoing-forms.mjs: `POST /` with `{ way, pairs, target }` answers with what came of it; `GET /ways`
 * lists them.
 */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

import { ways } from './outgoing-forms.mjs';

const server = createServer(async (request, response) => {
  response.end(request.url === '/ways' ? JSON.stringify(Object.keys(ways)) : await call(await json(request)));
});

async function call({ way, pairs, target }) {
  try {
    return String(await ways[way](pairs, target));
  } catch (error) {
    return `failed: ${error.name} ${error.code} ${error.message} ${error.cause?.message}`;
  }
}

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
