/** Has secrets wherever a span can hold one. Ends after its first request. */
import { createServer, get } from 'node:http';

import { SpanStatusCode, trace } from '@opentelemetry/api';

const attributes = {
  'url.full': 'https://user:s3cr3t@host/?token=s3cr3t&page=1',
  'http.url': 'https://host/?api_key=s3cr3t',
  'url.query': 'sig=s3cr3t&page=1',
  'http.request.header.authorization': ['Bearer s3cr3t'],
  'http.response.header.set_cookie': ['a=s3cr3t'],
  'http.request.header.referer': ['https://host/?code=s3cr3t'],
  'db.connection_string': 'postgres://user:s3cr3t@host/db',
  password: 's3cr3t',
  'app.login': { user: 'u', password: 's3cr3t', list: [{ token: 's3cr3t' }] },
  'app.page': 'sig=kept',
  'url.original': 'https://host/?code=s3cr3t',
  'user_agent.original': 'robot/1 (+https://host/;code=kept)',
};

const server = createServer(async (request, response) => {
  const { port } = server.address();
  if (!request.url.startsWith('/login')) {
    response.end();
    return;
  }
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const span = trace.getTracer('third-party').startSpan('secret', { attributes, links: [{ context, attributes }] });
  span.addEvent('event', attributes);
  span.recordException(new Error('cannot connect to redis://user:s3cr3t@host?password=s3cr3t'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'cannot connect to redis://:s3cr3t@host' });
  span.end();
  await (await fetch(`http://127.0.0.1:${port}/fetched?access_token=s3cr3t&page=1`)).text();
  await new Promise((resolve) => {
    get({ port, path: '/got?filter[password]=s3cr3t&page=1', auth: 'user:s3cr3t' }, (answer) =>
      answer.resume().on('end', resolve),
    );
  });
  response.end();
  server.close();
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
