/** Hostile heads, byte by byte over a socket: nothing crashes, nothing comes back, and every id is an id. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { exchange, responsesIn } from '../http/support/raw-client.ts';
import type { RawResponse } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import type { TracedApp } from '../http/support/traced-app.ts';
import { hostileCases, marker } from './cases.ts';
import type { HostileCase } from './cases.ts';

const validId = /^[\w.@:+/=-]{1,128}$/;
const newId = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
/** All that an answer of apps/plain-app.mjs, of Node and of ours may have. */
const knownFields = new Set(
  `x-request-id date connection keep-alive content-length transfer-encoding server-timing access-control-allow-origin
  access-control-expose-headers access-control-allow-headers`.split(/\s+/),
);
const traceparent = '0af7651916cd43dd8448eb211c80319c';

interface Answered extends HostileCase {
  readonly received: string;
  readonly responses: readonly RawResponse[];
}

describe.each([
  { name: 'ours, callers trusted', env: {}, isTrusted: true },
  {
    name: 'ours, nobody trusted',
    env: { REQLENS_TRUST_REQUEST_ID: 'never', REQLENS_TRUST_TRACEPARENT: 'never' },
    isTrusted: false,
  },
  { name: 'ours, all propagators', env: { OTEL_PROPAGATORS: 'tracecontext,baggage,b3,b3multi' }, isTrusted: true },
  { name: 'ours, unsampled', env: { OTEL_TRACES_SAMPLER: 'always_off' }, isTrusted: true },
  { name: 'stock', env: { REQLENS_HTTP_SERVER: 'otel' }, isTrusted: true },
])('$name', ({ env, isTrusted }) => {
  let app: TracedApp;
  const answers: Answered[] = [];
  beforeAll(async () => {
    app = await startTracedApp('plain-app.mjs', { env: { ...env, REQLENS_SERVER_TIMING: 'true' } });
    for (const each of hostileCases) {
      const { received } = await exchange({ port: app.port, send: each.send, isAll: true });
      answers.push({ ...each, received, responses: responsesIn(received) });
    }
  });
  afterAll(async () => app.stop());

  test(`${hostileCases.length} hostile requests: each is answered, and the server lives on`, async () => {
    expect(hostileCases.length).toBeGreaterThanOrEqual(200);
    expect(answers.filter(({ responses }) => responses.length === 0).map(({ title }) => title)).toEqual([]);
    const { received } = await exchange({ port: app.port, send: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', isAll: true });
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(app.stderr()).toBe('');
  });

  test('no answer has anything of the request in its head, beyond an accepted id', () => {
    const echoing = answers.filter(({ responses }) =>
      responses.some(({ statusLine, headers }) => {
        const head = [statusLine, ...headers.flat()].join('\n');
        return head.toLowerCase().includes(marker) || /[^\n\x20-\x7e]/.test(head);
      }),
    );
    expect(echoing.map(({ title, received }) => ({ title, received }))).toEqual([]);
    const sent = answers.flatMap(({ responses }) => responses.flatMap(({ headers }) => headers.map(([name]) => name)));
    expect([...new Set(sent.map((name) => name.toLowerCase()))].filter((name) => !knownFields.has(name))).toEqual([]);
  });

  test('every answer has exactly one request id, and it is valid: the accepted one or a new one', () => {
    const wrong = answers.flatMap(({ title, acceptedId, responses }) =>
      responses.flatMap((response) => {
        const ids = response.all('x-request-id');
        const [id = ''] = ids;
        const isJoined = id.replaceAll('-', '') === traceparent;
        const isRight = acceptedId !== undefined && isTrusted ? id === acceptedId : newId.test(id) || isJoined;
        return ids.length === 1 && validId.test(id) && isRight ? [] : [{ title, ids }];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('ids that are refused are counted, once for each request that was let in', async () => {
    const refused = answers.filter(({ hasBadId, responses }) => hasBadId === true && responses[0]?.status === 200);
    expect(refused.length).toBeGreaterThan(20);
    const { code, signal } = await app.stop();
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGTERM' });
    expect(app.counter('reqlens.request_id.rejected')).toBeGreaterThanOrEqual(refused.length);
  });

  test('every span has valid ids and attributes, and none a parent that was not sent', () => {
    const spans = app.spans();
    const isOff = 'OTEL_TRACES_SAMPLER' in env;
    const entered = answers.flatMap(({ responses }) => responses).filter(({ status }) => status === 200);
    expect(spans.length >= entered.length).toBe(!isOff);
    const wrong = spans.filter(({ traceId, spanId, parentSpanId, links, attributes }) => {
      const areIds = isHexId(traceId, 32) && isHexId(spanId, 16);
      const isParent = parentSpanId === undefined || (isTrusted && parentSpanId === 'b7ad6b7169203331');
      const areLinks = links.every((link) => isHexId(link.traceId, 32) && isHexId(link.spanId, 16));
      const isRequestId = validId.test(String(attributes['reqlens.request.id']));
      const recorded = attributes['http.request.header.x-request-id'] ?? [];
      const isRecorded = Array.isArray(recorded) && recorded.every((id) => validId.test(String(id)));
      return !(areIds && isParent && areLinks && isRequestId && isRecorded);
    });
    expect(wrong).toEqual([]);
  });
});

/** An id is never all zero. */
function isHexId(id: string, length: number): boolean {
  return /^[\da-f]+$/.test(id) && id.length === length && /[^0]/.test(id);
}

test.each(['__proto__', 'constructor'])(
  'REQLENS_REQUEST_ID_HEADER=%s is refused, and the default goes on',
  async (name) => {
    const app = await startTracedApp('plain-app.mjs', { env: { REQLENS_REQUEST_ID_HEADER: name } });
    const send = `GET / HTTP/1.1\r\nHost: a\r\n${name}: own\r\n\r\n`;
    const [response] = responsesIn((await exchange({ port: app.port, send, isAll: true })).received);
    await app.stop();
    expect(response?.all('x-request-id')).toEqual([expect.stringMatching(newId)]);
    expect(app.stderr()).toMatch(`reqlens: REQLENS_REQUEST_ID_HEADER="${name}" is not usable`);
    expect(app.counter('reqlens.request_id.rejected')).toBe(0);
  },
);
