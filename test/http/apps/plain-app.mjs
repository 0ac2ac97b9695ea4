/** Answers everything with 200 at once and echoes nothing; a preflight is answered as CORS asks. */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  if (request.headers.origin !== undefined) response.setHeader('Access-Control-Allow-Origin', '*');
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
