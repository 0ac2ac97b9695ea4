/** What the responses of privileged callers say, and the endpoint from which usage is read. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { debug, fieldsOf, masked, startAccessApp } from './started-app.ts';
import type { Headers, StartedApp } from './started-app.ts';
import { badTokens, token } from './tokens.ts';

let app: StartedApp;
beforeAll(async () => {
  app = await startAccessApp();
});
afterAll(async () => {
  await app.finish();
});

const timing = /^cpu;dur=[\d.]+, wait;dur=[\d.]+, gc;dur=[\d.]+$/;

async function ask(path: string, headers: Headers = {}, method = 'GET'): Promise<string> {
  return app.raw({ path, method, headers: { [debug]: '1', ...headers } });
}

describe('the response to a privileged caller', () => {
  test('names the request and says what it used so far; the page of another origin may read the id', async () => {
    const fields = fieldsOf(await ask('/cors', { 'X-Request-ID': 'order/../4711' }));
    expect(fields).toMatchObject({
      'x-request-id': 'order/../4711',
      'x-resource-tracking-id': 'order/../4711',
      'access-control-expose-headers': 'ETag, X-Request-ID, X-Resource-Tracking-ID',
    });
    expect(fields['server-timing']).toMatch(timing);
    expect(await app.keptUsageOf('order/../4711')).toMatchObject({
      request_id: 'order/../4711',
      http_status_code: 200,
    });
  });

  test('a preflight allows the header that asks', async () => {
    const preflight = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': debug.toLowerCase() };
    const fields = fieldsOf(await app.raw({ path: '/cors', method: 'OPTIONS', headers: preflight }));
    expect(fields['access-control-allow-headers']).toBe(`content-type, ${debug}`);
  });

  test.each([
    ['/stream', '5\r\nfirst\r\n12\r\nof the application\r\n0\r\n'],
    ['/stream?own', '5\r\nfirst\r\n12\r\nof the application\r\n0\r\nX-Own: kept\r\n'],
  ])('%s: to a client that reads trailers, behind the body', async (path, body) => {
    const response = await ask(path, { TE: 'trailers' });
    expect(fieldsOf(response)).toMatchObject({ trailer: 'Server-Timing', 'transfer-encoding': 'chunked' });
    expect(fieldsOf(response)).not.toHaveProperty('server-timing');
    const [, sent = ''] = response.split('\r\n\r\n');
    expect(`${sent}\r\n`.replace(/Server-Timing: (.*)\r\n/, '')).toBe(body);
    expect(/Server-Timing: (.*)\r\n/.exec(`${sent}\r\n`)?.[1]).toMatch(timing);
  });

  test.each<{ readonly whom: string; readonly path: string; readonly headers: Headers; readonly method?: string }>([
    { whom: 'one that reads no trailers', path: '/stream', headers: {} },
    { whom: 'one whose trailers are refused', path: '/stream', headers: { TE: 'gzip;q=0.5' } },
    { whom: 'a body that is whole', path: '/late?roles=admin', headers: { TE: 'trailers' } },
    { whom: 'a HEAD', path: '/head-first', headers: { TE: 'trailers' }, method: 'HEAD' },
    { whom: 'a 204', path: '/head-first?status=204', headers: { TE: 'trailers' } },
    { whom: 'a 304', path: '/head-first?status=304', headers: { TE: 'trailers' } },
  ])('to $whom, in the head', async ({ path, headers, method }) => {
    const fields = fieldsOf(await ask(path, headers, method));
    expect(fields['server-timing']).toMatch(timing);
    expect(fields).not.toHaveProperty('trailer');
  });
});

test('nothing was said about any of it', () => {
  expect(app.stderr()).toBe('');
});

describe('GET <REQLENS_USAGE_PATH>/<request id>', () => {
  const path = '/internal/usage';
  const admin = { Authorization: `Bearer ${token()}` };

  beforeAll(async () => {
    await app.raw({ path: '/late?roles=admin', headers: { [debug]: '1', 'X-Request-ID': 'known' } });
    await app.keptUsageOf('known');
  });

  test.each([
    ['a token in Authorization', admin],
    ['a token in the debug header', { [debug]: token() }],
  ])('%s opens it', async (_what, headers) => {
    const response = await app.raw({ path: `${path}/known?fresh=1`, headers });
    expect(fieldsOf(response)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(fieldsOf(response)).not.toHaveProperty('x-resource-tracking-id');
    const [, body = ''] = response.split('\r\n\r\n');
    expect(JSON.parse(body)).toMatchObject({ request_id: 'known', account_id: 'north', method: expect.any(String) });
  });

  test('nobody else can tell a known id from an unknown one, nor from what no id can be', async () => {
    const asked: (readonly [string, Headers])[] = [
      [`${path}/known`, {}],
      [`${path}/unknown`, {}],
      [`${path}/unknown`, admin],
      [`${path}/%E0%A4%A`, admin],
      [`${path}/a%20b`, admin],
      ...Object.values(badTokens).map((bad): [string, Headers] => [
        `${path}/known`,
        { Authorization: `Bearer ${bad}` },
      ]),
    ];
    const answers = new Set<string>();
    for (const [target, headers] of asked) answers.add(masked(await app.raw({ path: target, headers })));
    expect(answers.size).toBe(1);
    const [head = '', body = ''] = [...answers].join('').split('\r\n\r\n');
    expect(head).toContain('HTTP/1.1 404 Not Found\r\n');
    expect(fieldsOf(head)).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'No usage is kept under this request id.',
    });
  });

  test('HEAD has the head alone', async () => {
    const response = await app.raw({ path: `${path}/known`, method: 'HEAD', headers: admin });
    expect(response.split('\r\n\r\n')[1]).toBe('');
    expect(Number(fieldsOf(response)['content-length'])).toBeGreaterThan(300);
  });

  test('a preflight of any page is answered', async () => {
    const preflight = { Origin: 'https://admin.example', 'Access-Control-Request-Method': 'GET' };
    const response = await app.raw({ path: `${path}/known`, method: 'OPTIONS', headers: preflight });
    expect(response).toContain('HTTP/1.1 204 No Content\r\n');
    expect(fieldsOf(response)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'Authorization, X-Debug-Resource-Tracking, X-Request-ID',
    });
  });

  test.each([
    ['GET', path],
    ['GET', `${path}/`],
    ['GET', `${path}/known/more`],
    ['GET', '/internal/usages/known'],
    ['GET', '/internal'],
    ['POST', `${path}/known`],
    ['OPTIONS', `${path}/known`],
  ])('%s %s is the application’s', async (method, target) => {
    const response = await app.raw({ path: target, method, headers: admin });
    expect(response).toContain('HTTP/1.1 404 Not Found\r\n');
    expect(response.split('\r\n\r\n')[1]).toBe('of the application');
  });
});
