/** The viewer's server as its page, and as pages of other sites, see it. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { api, ask, type CollectorProcess, postJson, startCollectorProcess } from './collector-process.ts';
import { attributesJson, logsJson, spanJson, tracesJson } from './otlp-samples.ts';

const traceId = '0194b2f0a1b27c3d8e4f5a6b7c8d9e0f';
const requestId = '0194b2f0-a1b2-7c3d-8e4f-5a6b7c8d9e0f';
const spanId = '00f067aa0ba902b7';

const serverSpan = spanJson(traceId, spanId, {
  attributes: attributesJson({
    'reqlens.request.id': requestId,
    'http.request.method': 'GET',
    'http.route': '/cart',
    'url.path': '/cart/7',
    'http.response.status_code': 500,
  }),
  status: { code: 2, message: 'boom' },
  events: [
    {
      name: 'exception',
      timeUnixNano: '1763932800001000000',
      attributes: attributesJson({ 'exception.type': 'Error' }),
    },
  ],
});
const requestRow = {
  traceId,
  requestId,
  spanId,
  service: 'shop',
  name: 'GET /cart',
  method: 'GET',
  target: '/cart',
  statusCode: 500,
  startUnixNano: '1763932800000000000',
  durationNs: 12_000_000,
  isError: true,
  spanCount: 1,
  errorCount: 1,
  logCount: 0,
};

async function collectorWithOneRequest(): Promise<CollectorProcess> {
  const collector = await startCollectorProcess('--memory');
  await postJson(collector, '/v1/traces', tracesJson([serverSpan]));
  return collector;
}

test('requests, trace, find and stats answer exactly what api-types.ts says', async () => {
  const collector = await collectorWithOneRequest();
  const record = {
    traceId,
    spanId,
    severityNumber: 17,
    severityText: 'ERROR',
    timeUnixNano: '1763932800002000000',
    body: { stringValue: 'it broke' },
  };
  await postJson(collector, '/v1/logs', logsJson([record]));
  expect(await api(collector, '/api/requests')).toStrictEqual({
    status: 200,
    json: { requests: [{ ...requestRow, logCount: 1 }] },
  });
  expect(await api(collector, `/api/find?q=${requestId.toUpperCase()}`)).toStrictEqual({
    status: 200,
    json: { kind: 'trace', traceId, requestId },
  });
  const logRow = {
    id: 1,
    timeUnixNano: '1763932800002000000',
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'it broke',
    logger: 'publish_sync',
    service: 'shop',
    traceId,
    spanId,
    attributes: {},
  };
  expect(await api(collector, '/api/find?q=it%20BROKE')).toStrictEqual({
    status: 200,
    json: { kind: 'matches', requests: [{ ...requestRow, logCount: 1 }], logs: [logRow] },
  });
  expect(await api(collector, `/api/traces/${traceId.toUpperCase()}`)).toStrictEqual({
    status: 200,
    json: {
      traceId,
      requestId,
      spans: [
        {
          spanId,
          name: 'GET /cart',
          kind: 'server',
          service: 'shop',
          startUnixNano: '1763932800000000000',
          durationNs: 12_000_000,
          status: 'error',
          statusMessage: 'boom',
          attributes: {
            'reqlens.request.id': requestId,
            'http.request.method': 'GET',
            'http.route': '/cart',
            'url.path': '/cart/7',
            'http.response.status_code': 500,
          },
          resource: { 'service.name': 'shop', 'service.instance.id': '1' },
          scope: { name: 'test', version: '1' },
          events: [
            { name: 'exception', timeUnixNano: '1763932800001000000', attributes: { 'exception.type': 'Error' } },
          ],
          links: [],
        },
      ],
      logs: [logRow],
      related: [],
      isTruncated: false,
    },
  });
  expect(await api(collector, '/api/stats')).toStrictEqual({
    status: 200,
    json: {
      spans: 1,
      logRecords: 1,
      metricDataPoints: 0,
      services: ['shop'],
      storedBytes: 0,
      otlpEndpoint: collector.otlpUrl,
    },
  });
});

test('a trace of more than 20,000 spans is cut and says so', async () => {
  const collector = await startCollectorProcess('--memory');
  const spans = Array.from({ length: 20_001 }, (_, index) =>
    spanJson(traceId, (index + 1).toString(16).padStart(16, '0')),
  );
  await postJson(collector, '/v1/traces', tracesJson(spans));
  const { json } = await api(collector, `/api/traces/${traceId}`);
  expect(json).toMatchObject({ isTruncated: true, spans: { length: 20_000 } });
});

test('parameters that cannot be used are 400, unknown things 404, and no text is anything but a text', async () => {
  const collector = await collectorWithOneRequest();
  const bad = [
    'requests?limit=0',
    'requests?limit=501',
    'requests?limit=1e2',
    'requests?before=x',
    'requests?errors=2',
  ];
  bad.push(
    'requests?before=99999999999999999999.1.0000000000000001',
    'requests?before=9999999999999999999.1.0000000000000001',
  );
  bad.push(
    'find',
    'find?q=',
    'find?q=%20',
    `find?q=${'a'.repeat(1001)}`,
    `requests?q=${'a'.repeat(1001)}`,
    'traces/xyz',
    `traces/${'a'.repeat(33)}`,
  );
  for (const path of bad) {
    const { status, json } = await api(collector, `/api/${path}`);
    expect([path, status, json]).toStrictEqual([
      path,
      400,
      { title: 'Bad Request', status: 400, detail: expect.any(String) },
    ]);
  }
  for (const path of [
    '/api',
    '/api/',
    '/api/nothing',
    `/api/traces/${'a'.repeat(32)}`,
    '/nothing',
    '/r/a/b',
    '/..%2f..%2fpackage.json',
    '//evil',
    '//[',
    '//evil/api/stats',
  ]) {
    expect([path, (await ask(collector.viewerUrl + path)).status]).toStrictEqual([path, 404]);
  }
  const hostile = [
    '"',
    "'",
    '%',
    '_',
    '\\',
    '*',
    '^a',
    'a OR b',
    'NEAR(a b)',
    '-a',
    'a:b',
    '\0',
    '\u{d800}',
    '🦊',
    '{',
    '\r\n',
    "'; DROP TABLE span; --",
  ];
  for (const text of hostile.map(encodeURIComponentSafely)) {
    expect([text, (await api(collector, `/api/requests?q=${text}`)).status]).toStrictEqual([text, 200]);
  }
  expect((await api(collector, '/api/requests?q=%E0%A4%A')).status).toBe(200);
});

const encodeURIComponentSafely = (text: string): string => encodeURIComponent(text.toWellFormed());

test('only its own Host and Origin are served, only GET and HEAD, and every answer carries the security headers', async () => {
  const collector = await collectorWithOneRequest();
  const { port } = new URL(collector.viewerUrl);
  const statusWith = async (headers: Record<string, string>, path = '/api/stats'): Promise<number> =>
    (await ask(collector.viewerUrl + path, { headers })).status;
  expect(await statusWith({ host: `localhost:${port}` })).toBe(200);
  expect(await statusWith({ host: `[::1]:${port}`, origin: `http://localhost:${port}` })).toBe(200);
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost:1', '127.0.0.1'])
    expect(await statusWith({ host })).toBe(403);
  for (const origin of ['http://localhost:3000', 'null', `https://127.0.0.1:${port}`])
    expect(await statusWith({ origin })).toBe(403);
  expect(await statusWith({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await statusWith({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  const written = await ask(`${collector.viewerUrl}/api/stats`, { method: 'POST' });
  expect([written.status, written.headers.allow]).toStrictEqual([405, 'GET, HEAD']);
  const head = await ask(`${collector.viewerUrl}/api/stats`, { method: 'HEAD' });
  expect([head.status, head.body.length]).toStrictEqual([200, 0]);
  for (const answer of [written, head, await ask(collector.viewerUrl, { headers: { host: 'x' } })]) {
    expect(answer.headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  }
});

/** @yields Events of a Server-Sent Events stream, without comments and `retry`. */
async function* eventsOf(stream: IncomingMessage): AsyncGenerator<[string, unknown]> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += String(chunk);
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks.flatMap(parseEvent);
  }
}

function parseEvent(block: string): [string, unknown][] {
  const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
  return name === undefined ? [] : [[name, JSON.parse(data)]];
}

async function openLive(collector: CollectorProcess): Promise<AsyncGenerator<[string, unknown]>> {
  const request = get(`${collector.viewerUrl}/api/live`, { agent: false });
  onTestFinished(() => void request.destroy());
  const [stream]: IncomingMessage[] = await once(request, 'response');
  if (stream === undefined) throw new Error('no answer');
  expect(stream.headers['content-type']).toBe('text/event-stream');
  // The end of the test, or of the collector, may cut the stream off.
  stream.on('error', () => undefined);
  return eventsOf(stream);
}

test('the live stream tells of new requests and of traces that got more', async () => {
  const collector = await startCollectorProcess('--memory');
  const events = await openLive(collector);
  await postJson(collector, '/v1/traces', tracesJson([serverSpan]));
  expect((await events.next()).value).toStrictEqual(['trace', { traceId }]);
  expect((await events.next()).value).toStrictEqual(['request', requestRow]);
  await postJson(collector, '/v1/logs', logsJson([{ traceId, body: { stringValue: 'later' } }]));
  expect((await events.next()).value).toStrictEqual(['trace', { traceId }]);
  expect((await events.next()).value).toStrictEqual(['request', { ...requestRow, logCount: 1 }]);
});

test('a round of live events is bounded and says how many traces it leaves out', async () => {
  const collector = await startCollectorProcess('--memory');
  const events = await openLive(collector);
  const spans = Array.from({ length: 1000 }, (_, index) =>
    spanJson((index + 1).toString(16).padStart(32, '0'), spanId),
  );
  await postJson(collector, '/v1/traces', tracesJson(spans));
  const counts: Record<string, number> = {};
  for await (const [name, data] of events) {
    counts[name] = (counts[name] ?? 0) + 1;
    if (name !== 'skipped') continue;
    expect(data).toStrictEqual({ traces: 800 });
    break;
  }
  expect(counts).toStrictEqual({ trace: 200, request: 200, skipped: 1 });
});

test('an open live stream does not hold up the end', async () => {
  const collector = await startCollectorProcess('--memory');
  const events = await openLive(collector);
  expect(await collector.stop('SIGINT')).toStrictEqual({ code: 0, signal: null });
  expect((await events.next()).done).toBe(true);
});
