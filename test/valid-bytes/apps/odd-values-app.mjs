/** Puts values that are hard to encode wherever an application can. Ends after a request for /bye. */
import { createServer } from 'node:http';

import { logs, metrics, trace } from '@opentelemetry/api';
import { getLogger, runTask, setCaller } from 'reqlens';

const circle = { name: 'circle' };
circle.self = circle;
let deep = 'bottom';
for (let level = 0; level < 200; level += 1) deep = { deep };

const values = [
  Number.NaN, Infinity, -Infinity, -0, 2 ** 53 + 2, 2 ** 63, -(2 ** 63), 2 ** 64, 1e300, 5e-324, 10n, 2n ** 70n, '\uD800', '\uDC00\uD800',
  '\0', '\uFFFE', '\u2028', '', null, undefined, Symbol('s'), () => 1, new Date(Number.NaN), new Date(0), new Uint8Array([0, 255]),
  new Float64Array([Number.NaN, 1]), [Number.NaN, 'x', [null]], { '': 1, '\uD800': Number.NaN, nested: { list: [2n ** 70n] } }, circle, deep,
  new Error('\uD800'), new Map([[1, 2]]), new Proxy({}, { ownKeys: () => { throw new Error('no keys'); } }),
  { get broken() { throw new Error('broken'); } },
]; // prettier-ignore

const tracer = trace.getTracer('odd \uD800');
const counter = metrics.getMeter('odd').createCounter('odd.counter', { unit: '\uD800' });
const histogram = metrics.getMeter('odd').createHistogram('odd.histogram');
const gauge = metrics.getMeter('odd').createGauge('odd.gauge');

/** The API does not promise to take everything; what it throws is the application's own to catch. */
function tried(action) {
  try {
    action();
  } catch {
    // Refused at once, which is an answer too.
  }
}

function useEverywhere(value) {
  getLogger('odd').info({ odd: value, list: [value] }, 'odd %s', value);
  tried(() => useApi(value));
}

function useApi(value) {
  const context = { traceId: typeof value, spanId: 'odd', traceFlags: value };
  const span = tracer.startSpan(typeof value, {
    attributes: { odd: value, '': value },
    links: [{ context, attributes: { odd: value } }],
  });
  tried(() => span.setAttribute('late', value));
  tried(() => span.updateName(value));
  tried(() => span.addEvent('odd', { odd: value }, new Date(Number.NaN)));
  tried(() => span.setStatus({ code: 2, message: value }));
  tried(() => span.recordException(value));
  span.end();
  tried(() =>
    logs
      .getLogger('api')
      .emit({ body: value, attributes: { odd: value }, severityNumber: value, eventName: value, timestamp: value }),
  );
  for (const number of [value, 1]) tried(() => counter.add(number, { odd: value }));
  tried(() => histogram.record(value, { odd: typeof value }));
  tried(() => gauge.record(value));
}

const server = createServer(async (request, response) => {
  if (request.url === '/bye') server.close();
  if (request.url === '/odd') {
    for (const value of values) {
      setCaller({ id: value, account: value, roles: [value] });
      useEverywhere(value);
    }
    await runTask('odd \uD800', () => undefined);
  }
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
