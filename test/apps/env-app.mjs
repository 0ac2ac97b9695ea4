/**
 * A small HTTP application that knows nothing of reqlens but its named loggers. It ends after its first request, or with
 * `?stay` after a request for /bye.
 */
import { createServer, get } from 'node:http';

import { metrics, trace } from '@opentelemetry/api';

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const answer = await steps[pathname]?.(searchParams);
  response.statusCode = pathname in steps ? 200 : 404;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ...answer, seen: request.headers }));
  if (!searchParams.has('stay')) server.close();
});

const steps = {
  '/': async () => ({}),
  '/bye': async () => ({}),
  /** Child spans, each with three attributes, three events and three links of three attributes each. */
  '/spans': async (query) => {
    for (let index = 0; index < Number(query.get('count') ?? 1); index += 1) makeSpan(index);
    return {};
  },
  '/logs': async (query) => {
    const { getLogger } = await import('reqlens');
    const log = getLogger('webhooks');
    for (let index = 0; index < Number(query.get('count') ?? 0); index += 1) log.info(`line ${index}`);
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) log[level](attributes, `at ${level}`);
    return {};
  },
  '/metrics': async () => {
    const meter = metrics.getMeter('env-app');
    meter.createCounter('env_app.calls').add(1);
    meter.createObservableCounter('env_app.observed').addCallback((result) => result.observe(1));
    return {};
  },
  /** A mistake that the SDK warns of. */
  '/too-many-attributes': async () => {
    const span = trace.getTracer('env-app').startSpan('full');
    for (let n = 0; n < 200; n += 1) span.setAttribute(`a${n}`, true);
    span.end();
    return {};
  },
  /** One span, six log lines and a counter. */
  '/all': async (query) => {
    await steps['/spans'](query);
    await steps['/logs'](query);
    return steps['/metrics'](query);
  },
  /** Calls an address by fetch and by http.get; who is called sees the headers. */
  '/call': async (query) => {
    const to = query.get('to');
    await (await fetch(`${to}/by-fetch`)).text();
    await new Promise((resolve, reject) => {
      get(`${to}/by-http`, (answer) => answer.resume().on('end', resolve)).on('error', reject);
    });
    return {};
  },
};

const attributes = { first: 'abcdefghij', second: 'abcdefghij', third: 'abcdefghij' };

function makeSpan(index) {
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const links = [1, 2, 3].map(() => ({ context, attributes }));
  const span = trace.getTracer('env-app').startSpan(`child ${index}`, { attributes, links });
  for (const name of ['one', 'two', 'three']) span.addEvent(name, attributes);
  span.end();
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${server.address().port}\n`);
});
