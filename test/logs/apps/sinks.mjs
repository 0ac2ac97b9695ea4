/** Logs one numbered line by each logger named in the path, e.g. `/shop.cart,webhooks`. */
import { createServer } from 'node:http';

import { getLogger } from 'reqlens';

let n = 0;
const server = createServer((request, response) => {
  const names = request.url.slice(1);
  if (names === 'bye') server.close();
  else for (const name of names.split(',')) getLogger(name).info({ n: (n += 1) }, `by ${name}`);
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
