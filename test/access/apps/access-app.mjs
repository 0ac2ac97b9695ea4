/** A server that learns in every way who asks; each path is one way. It never looks at the debug header. */
import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';

import { trace } from '@opentelemetry/api';
import { getLogger, setCaller } from 'reqlens';

const log = getLogger('webhooks');

const ways = {
  '/plain': () => undefined,
  '/late': async (query) => {
    await turn();
    setCaller({ id: 'u1', roles: query.get('roles').split(','), account: 'north' });
  },
  '/removed': async () => {
    setCaller({ id: 'u1', roles: ['admin'] });
    await turn();
    setCaller({ id: 'u1', roles: [] });
  },
  '/forgotten': async () => {
    setCaller({ id: 'u1', roles: ['admin'] });
    await turn();
    setCaller({});
  },
  '/removed-behind-the-head': async (_query, _request, response) => {
    setCaller({ id: 'u1', roles: ['admin'] });
    response.write('first');
    await turn();
    setCaller({ id: 'u1' });
  },
  '/said-without-roles': () => setCaller({ id: 'u1', account: 'north' }),
  /** As Passport and express-jwt do. */
  '/user': (query, request) => {
    request[query.get('field')] = JSON.parse(query.get('value'));
  },
  '/getter': (_query, request) => {
    Object.defineProperty(request, 'user', {
      get() {
        throw new Error('do not show this');
      },
    });
  },
  '/cors': (_query, _request, response) => {
    response.setHeader('access-control-allow-origin', 'https://admin.example');
    response.setHeader('access-control-expose-headers', 'ETag');
    response.setHeader('access-control-allow-headers', 'content-type');
    setCaller({ roles: ['developer'] });
  },
  '/stream': async (_query, _request, response) => {
    setCaller({ roles: ['developer'] });
    response.write('first');
    await turn();
    if (_query.has('own')) response.addTrailers({ 'X-Own': 'kept' });
  },
  /** Never answered. */
  '/cut-off': async (query, _request, response) => {
    setCaller({ id: 'u1', roles: query.get('roles').split(',') });
    await turn();
    response.destroy();
  },
  '/head-first': (query, _request, response) => {
    setCaller({ roles: ['developer'] });
    response.writeHead(Number(query.get('status') ?? 200), { 'content-type': 'text/plain' });
  },
  '/child-late': async () => {
    trace.getTracer('app').startSpan('before').end();
    setCaller({ roles: ['admin'] });
  },
  // Long enough for its first span to be sent before its end.
  '/exported-meanwhile': async () => {
    trace.getTracer('app').startSpan('before').end();
    setCaller({ roles: ['admin'] });
    await new Promise((resolve) => setTimeout(resolve, 500));
  },
  '/throws': () => {
    setCaller({ roles: ['admin'] });
    throw new Error('of the application');
  },
};

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/bye') server.close();
  try {
    await ways[pathname]?.(searchParams, request, response);
  } catch {
    response.statusCode = 500;
  }
  log.info({ path: pathname }, 'served');
  if (!(pathname in ways) && pathname !== '/bye') response.statusCode = 404;
  response.end('of the application');
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${server.address().port}\n`);
});
