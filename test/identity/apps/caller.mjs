/** A server that learns in every way who asks; each path is one way, and answers with what `currentRequest` says then. */
import { createServer, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { trace } from '@opentelemetry/api';
import { currentRequest, setCaller } from 'reqlens';

const span = (name) => trace.getTracer('app').startSpan(name).end();
const throwing = {
  id: 'u1',
  get roles() {
    throw new Error('do not show this');
  },
  account: 'north',
};

const ways = {
  '/late': async () => {
    span('before');
    await delay(1);
    setCaller({ id: 'u1', roles: ['admin', 'developer'], account: 42 });
    span('after');
    await outgoing();
  },
  '/again': () => {
    setCaller({ id: 'u1', roles: ['admin'], account: 'north' });
    span('as admin');
    setCaller({ id: 'u2' });
    span('as somebody else');
  },
  '/nobody': () => {
    setCaller({ id: 'u1', roles: ['admin'] });
    setCaller({});
    span('as nobody');
  },
  '/nothing': () => setCaller(),
  '/text': () => setCaller('u1'),
  '/long': () => setCaller({ id: 'x'.repeat(257), account: 'x'.repeat(256) }),
  '/control': () => setCaller({ id: 'u\u0007', account: 'a\u009b', roles: ['ok', 'no\n', ''] }),
  '/types': () => setCaller({ id: { deep: 'secret' }, account: Number.NaN, roles: [1, true, null, 'ok'] }),
  '/many': () => setCaller({ roles: Array.from({ length: 70 }, (_, index) => `role-${index}`) }),
  '/role': () => setCaller({ id: 'u1', roles: 'admin' }),
  '/empty': () => setCaller({ id: null, roles: [] }),
  '/getter': () => setCaller(throwing),
  '/revoked': () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    setCaller({ id: 'u1', roles: proxy });
  },
  '/ended': (response) =>
    response.once('close', () => {
      setCaller({ id: 'too late for the span' });
      span('after the end');
    }),
};

/** The headers of a call to this same server. */
function outgoing() {
  return new Promise((resolve) => {
    get({ port: server.address().port, path: '/headers' }, (answer) => {
      answer.resume().on('end', resolve);
    });
  });
}

setCaller({ id: 'outside' });
setCaller({ id: 'outside' });

const server = createServer(async (request, response) => {
  if (request.url === '/headers') console.log(`headers ${JSON.stringify(request.headers)}`);
  if (request.url === '/bye') response.once('close', () => process.exit());
  await ways[request.url]?.(response);
  response.end(JSON.stringify(currentRequest() ?? {}));
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
