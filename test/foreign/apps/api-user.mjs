/** Uses the API that it finds beside itself, and answers one request. */
import { createServer } from 'node:http';

import { trace } from '@opentelemetry/api';

const server = createServer((_, response) => {
  trace.getTracer('app').startActiveSpan('child', (span) => span.end());
  response.on('close', () => server.close());
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
