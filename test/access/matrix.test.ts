/** Who may see what a request used: everybody else sees exactly what he would have seen without asking, and leaves no trace. */
import { beforeAll, describe, expect, test } from 'vitest';

import type { PlainSpan } from '../support/otlp-json.ts';
import { debug, fieldsOf, masked, startAccessApp } from './started-app.ts';
import type { Ask, Finished, Headers, StartedApp } from './started-app.ts';
import { badTokens, token } from './tokens.ts';

interface Case {
  readonly title: string;
  readonly path: string;
  readonly headers: Headers;
  /** What the same request has when it does not ask; the debug header is left out of it in any case. */
  readonly asking?: string;
}

const bearer = (text: string): Headers => ({ Authorization: `Bearer ${text}` });
const on = { [debug]: '1' };
const user = (field: string, value: unknown): string =>
  `/user?field=${field}&value=${encodeURIComponent(JSON.stringify(value))}`;

const unprivileged: readonly Case[] = [
  { title: 'nobody is known', path: '/plain', headers: on },
  { title: 'another role', path: '/late?roles=viewer', headers: on },
  { title: 'a role in another case', path: '/late?roles=Admin,ADMIN', headers: on },
  { title: 'a role removed before the head', path: '/removed', headers: on },
  { title: 'a caller forgotten before the head', path: '/forgotten', headers: on },
  { title: 'a role removed, and a token', path: '/removed', headers: { ...on, ...bearer(token()) } },
  { title: 'a caller forgotten, and a token', path: '/forgotten', headers: { ...on, ...bearer(token()) } },
  { title: 'a user without roles', path: user('user', { id: 'u1' }), headers: on },
  { title: 'a user whose roles are objects', path: user('user', { roles: [{ name: 'admin' }] }), headers: on },
  { title: 'roles in a field that is not looked at', path: user('account', { roles: ['admin'] }), headers: on },
  { title: 'req.user goes before req.auth', path: user('user', { id: 'u1' }), headers: { ...on, ...bearer(token()) } },
  { title: 'a getter that throws', path: '/getter', headers: on },
  {
    title: 'the application says who it is, without roles',
    path: '/said-without-roles',
    headers: { ...on, ...bearer(token()) },
  },
  { title: 'a role without asking', path: '/late?roles=admin', headers: {} },
  { title: 'a token without asking', path: '/plain', headers: bearer(token()) },
  { title: 'a token in another scheme', path: '/plain', headers: { ...on, Authorization: `Basic ${token()}` } },
  ...['0', 'false', 'off', 'yes', '', '1, 1', 'Bearer', 'x.y', `Bearer ${token()}`, `${token()}x.`].map((value) => ({
    title: `a privileged caller who asks by ${JSON.stringify(value.slice(0, 12))}`,
    path: '/late?roles=admin',
    headers: { [debug]: value },
  })),
  ...Object.entries(badTokens).flatMap(([what, bad]) => [
    { title: `a token ${what}, in the debug header`, path: '/plain', headers: { [debug]: bad } },
    { title: `a token ${what}, in Authorization`, path: '/plain', headers: { ...on, ...bearer(bad) } },
  ]),
];

interface Privileged extends Case {
  readonly userId?: string;
  readonly account?: string;
}

const privileged: readonly Privileged[] = [
  { title: 'a role that is known late', path: '/late?roles=viewer,admin', headers: on, userId: 'u1', account: 'north' },
  {
    title: 'another privileged role',
    path: '/late?roles=developer',
    headers: { [debug]: 'ON' },
    userId: 'u1',
    account: 'north',
  },
  {
    title: 'roles of req.user',
    path: user('user', { id: 7, roles: ['admin'], tenantId: 't1' }),
    headers: { [debug]: 'true' },
    userId: '7',
    account: 't1',
  },
  {
    title: 'one role of req.user, as a text',
    path: user('user', { username: 'ann', role: 'admin' }),
    headers: on,
    userId: 'ann',
  },
  { title: 'roles of req.auth', path: user('auth', { sub: 's', roles: 'viewer developer' }), headers: on, userId: 's' },
  { title: 'a token in the debug header', path: '/plain', headers: { [debug]: token() }, userId: 'ops' },
  {
    title: 'a token in Authorization',
    path: '/plain',
    headers: { ...on, ...bearer(token({ header: { alg: 'HS384' } })) },
    userId: 'ops',
  },
  {
    title: 'a token in the debug header of a request for somebody else',
    path: '/late?roles=viewer',
    headers: { [debug]: token() },
    userId: 'u1',
    account: 'north',
  },
  { title: 'a handler that fails', path: '/throws', headers: on },
];

for (const server of ['reqlens', 'otel']) {
  describe(`REQLENS_HTTP_SERVER=${server}`, () => {
    let app: StartedApp;
    let finished: Finished;
    const responses = new Map<string, string>();
    const kept = new Map<string, Awaited<ReturnType<StartedApp['usageOf']>>>();

    beforeAll(async () => {
      app = await startAccessApp({ REQLENS_HTTP_SERVER: server, REQLENS_USAGE_MAX_ENTRIES: '1000' });
      for (const [index, each] of unprivileged.entries()) {
        responses.set(`with-${index}`, await ask(each, `with-${index}`, each.headers));
        responses.set(`without-${index}`, await ask(each, `without-${index}`, withoutDebug(each.headers)));
      }
      responses.set('behind', await ask({ path: '/removed-behind-the-head' }, 'behind', on));
      for (const [index, each] of privileged.entries()) {
        responses.set(`may-${index}`, await ask(each, `may-${index}`, each.headers));
        kept.set(`may-${index}`, { status: 200, body: JSON.stringify(await app.keptUsageOf(`may-${index}`)) });
      }
      // What came before the last privileged request is decided by now, and would be there too.
      for (const id of responses.keys()) if (!kept.has(id)) kept.set(id, await app.usageOf(id));
      kept.set('never', await app.usageOf('never'));
      finished = await app.finish();
    });

    const ask = async ({ path }: Ask, id: string, headers: Headers): Promise<string> =>
      app.raw({ path, headers: { 'X-Request-ID': id, ...headers } });

    describe.each(unprivileged.map((each, index) => ({ ...each, index })))('$title', ({ index }) => {
      test('the response is the same as without asking, byte for byte', () => {
        const response = masked(responses.get(`with-${index}`) ?? '');
        expect(response).toContain('HTTP/1.1 200 OK\r\n');
        expect(response).toBe(masked(responses.get(`without-${index}`) ?? ''));
        expect(response.toLowerCase()).not.toMatch(/tracking|server-timing|trailer/);
      });

      test('its span and its log lines are the same, and nothing is kept', () => {
        const [asked, silent] = [`with-${index}`, `without-${index}`];
        const span = onlySpan(finished, asked);
        expect(comparable(span)).toEqual(comparable(onlySpan(finished, silent)));
        expect(Object.keys(span.attributes).filter((name) => name.includes('usage'))).toEqual([]);
        expect(linesOf(finished, asked)).toEqual(linesOf(finished, silent));
        expect(kept.get(asked)).toEqual({ ...kept.get('never'), headers: expect.anything() });
      });
    });

    test('a role that is removed behind the head: its span and the store have nothing', () => {
      expect(onlySpan(finished, 'behind').attributes).not.toHaveProperty('reqlens.usage.cpu_ms');
      expect(kept.get('behind')?.status).toBe(404);
    });

    test.each(privileged.map((each, index) => ({ ...each, index })))(
      '$title: its span says what it used, and so does what is kept',
      ({ index, userId, account }) => {
        const { attributes, traceId } = onlySpan(finished, `may-${index}`);
        const usage: Record<string, unknown> = JSON.parse(kept.get(`may-${index}`)?.body ?? '{}');
        expect(usage).toMatchObject({
          request_id: `may-${index}`,
          trace_id: traceId,
          http_method: 'GET',
          is_complete: true,
        });
        expect([usage['user_id'], usage['account_id']]).toEqual([userId, account]);
        expect(usage['cpu_ms']).toBeGreaterThanOrEqual(0);
        expect(usage['http_status_code']).toBe(attributes['http.response.status_code']);
        expect(Number.isNaN(Date.parse(String(usage['started_at'])))).toBe(false);
        // With the stock instrumentation the span ends before a token that had to be verified is believed.
        if (server === 'otel' && attributes['reqlens.usage.cpu_ms'] === undefined) return;
        const figures = Object.entries(attributes).filter(([name]) => name.startsWith('reqlens.usage.'));
        expect(figures.length).toBeGreaterThan(10);
        for (const [name, value] of figures) expect([name, usage[name.slice(14)]]).toEqual([name, value]);
        expect([attributes['user.id'], attributes['reqlens.account.id']]).toEqual([userId, account]);
      },
    );

    test('nothing was said about any of it', () => {
      expect(finished).toMatchObject({ code: 0, stderr: '' });
    });
  });
}

test('without a secret no token is believed; unsampled requests are sent for privileged callers alone', async () => {
  const app = await startAccessApp({ REQLENS_JWT_SECRET: undefined, OTEL_TRACES_SAMPLER: 'always_off' });
  const asked = async (id: string, path: string, value: string): Promise<string> =>
    app.raw({ path, headers: { 'X-Request-ID': id, [debug]: value } });
  const silent = await app.raw({ path: '/plain', headers: { 'X-Request-ID': 'silent' } });
  expect(masked(await asked('token', '/plain', token()))).toBe(masked(silent));
  expect(masked(await asked('nobody', '/plain', '1'))).toBe(masked(silent));
  expect(fieldsOf(await asked('late', '/child-late', '1'))['x-resource-tracking-id']).toBe('late');
  const { spans, stderr } = await app.finish();
  expect(stderr).toBe('');
  // The span below it began before anybody knew.
  expect(spans.map(({ attributes }) => attributes['reqlens.request.id'])).toEqual(['late']);
  expect(spans[0]?.attributes).toHaveProperty('reqlens.usage.cpu_ms');
});

test('a token that was verified before has the request sampled from its start', async () => {
  const app = await startAccessApp({ OTEL_TRACES_SAMPLER: 'always_off' });
  const headers = { [debug]: token() };
  // Once it is known at the head of the response, it is known at the head of the next request.
  while (fieldsOf(await app.raw({ path: '/plain', headers }))['x-resource-tracking-id'] === undefined);
  await app.raw({ path: '/child-late', headers: { ...headers, 'X-Request-ID': 'known' } });
  const { spans } = await app.finish();
  const own = spans.filter(({ attributes }) => attributes['reqlens.request.id'] === 'known');
  expect(own.map(({ name }) => name).toSorted()).toEqual(['GET', 'before']);
});

test('sending telemetry is no part of the request that happened to set its timer', async () => {
  const app = await startAccessApp({ OTEL_BSP_SCHEDULE_DELAY: '20' });
  await app.raw({ path: '/exported-meanwhile', headers: { [debug]: '1', 'X-Request-ID': 'long' } });
  const nothing = { outgoing_requests: 0, outgoing_written_bytes: 0, outgoing_read_bytes: 0 };
  expect(await app.keptUsageOf('long')).toMatchObject(nothing);
  expect((await app.finish()).spans.map(({ name }) => name)).toContain('before');
});

function withoutDebug(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== debug));
}

function onlySpan({ spans }: Finished, requestId: string): PlainSpan {
  const own = spans.filter(({ attributes }) => attributes['reqlens.request.id'] === requestId);
  const [span] = own;
  // A batch that is under way when the process exits may come twice.
  const count = new Set(own.map(({ spanId }) => spanId)).size;
  if (span === undefined || count !== 1) throw new Error(`expected one span of ${requestId}, got ${count}`);
  return span;
}

/** What of a span may differ from one request to the next is left out. */
function comparable({ name, status, attributes, events }: PlainSpan): unknown {
  const own = ['reqlens.request.id', 'http.request.header.x-request-id', 'network.peer.port'];
  return {
    name,
    status,
    events,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !own.includes(key))),
  };
}

/** Its lines, without what names the request and when it was. */
function linesOf({ stdout }: Finished, requestId: string): readonly unknown[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const own = lines
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((line) => line['request_id'] === requestId);
  expect(own).toHaveLength(1);
  return own.map(({ time: _time, request_id: _id, trace_id: _trace, span_id: _span, ...rest }) => rest);
}
