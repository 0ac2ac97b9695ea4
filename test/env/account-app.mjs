/** Calls an address by fetch and by node:http on behalf of an account. */
import { createServer, get } from 'node:http';

import { setCaller } from 'reqlens';

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/bye') server.close();
  else {
    setCaller({ account: 'north, south' });
    await (await fetch(`${searchParams.get('to')}/by-fetch`)).text();
    await new Promise((resolve, reject) => {
      get(`${searchParams.get('to')}/by-http`, (answer) => answer.resume().on('end', resolve)).on('error', reject);
    });
  }
  response.end();
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
