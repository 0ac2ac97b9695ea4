/** Redirects: 307 and 308 to the receiver itself are followed, everything else is refused with its address. */
import { describe, expect, test } from 'vitest';

import { payload, receiver, senderTo } from './receiver.ts';

describe('within the origin', () => {
  test.each([307, 308])('%d is followed, with method, body and headers', async (status) => {
    const { url, posts } = await receiver((response, { path }) => {
      if (path === '/v1/traces') response.writeHead(status, { location: '/moved/v1/traces?x=1' }).end();
      else response.writeHead(200).end();
    });
    expect(await senderTo(url, { headers: { 'x-api-key': 'secret' } }).send(payload)).toEqual({ status: 'sent' });
    expect(posts.map(({ path, headers, body }) => [path, headers['x-api-key'], body.toString()])).toEqual([
      ['/v1/traces', 'secret', '{"resourceSpans":[]}'],
      ['/moved/v1/traces?x=1', 'secret', '{"resourceSpans":[]}'],
    ]);
  });

  test("the user and password of the collector's address go along", async () => {
    const { port, posts } = await receiver((response, { path }) => {
      if (path === '/v1/traces') response.writeHead(308, { location: `http://127.0.0.1:${port}/moved` }).end();
      else response.writeHead(200).end();
    });
    expect(await senderTo(`http://me:hunter2@127.0.0.1:${port}`).send(payload)).toEqual({ status: 'sent' });
    const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    expect(posts.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v1/traces', basic],
      ['/moved', basic],
    ]);
  });

  test('a circle is left after three', async () => {
    const { url, posts } = await receiver((response) => response.writeHead(307, { location: '/v1/traces' }).end());
    expect(await senderTo(url).send(payload)).toEqual({
      status: 'refused',
      reason: `HTTP status 307: it redirects to ${url}/v1/traces, which is not followed`,
      isTooLarge: false,
    });
    expect(posts).toHaveLength(4);
  });

  test.each([301, 302, 303])('%d, which others turn into a GET, is not followed', async (status) => {
    const { url, posts } = await receiver((response) => response.writeHead(status, { location: '/x' }).end());
    expect(await senderTo(url).send(payload)).toMatchObject({
      status: 'refused',
      reason: `HTTP status ${status}: it redirects to ${url}/x, which is not followed`,
    });
    expect(posts).toHaveLength(1);
  });
});

test.each([301, 302, 303, 307, 308])('%d to another origin brings nothing there', async (status) => {
  const other = await receiver((response) => response.end());
  const { url } = await receiver((response) =>
    response.writeHead(status, { location: `http://user:pass@127.0.0.1:${other.port}/v1/traces?token=abc` }).end(),
  );
  const sent = await senderTo(url).send(payload);
  expect(sent).toEqual({
    status: 'refused',
    reason: `HTTP status ${status}: it redirects to ${other.url}/v1/traces, which is not followed`,
    isTooLarge: false,
  });
  expect(other.posts).toEqual([]);
});

test.each(['', 'http://[broken', 'javascript:alert(1)', undefined])('Location %j leads nowhere', async (location) => {
  const { url, posts } = await receiver((response) =>
    response.writeHead(308, location === undefined ? {} : { location }).end(),
  );
  const sent = await senderTo(url).send(payload);
  expect(sent).toMatchObject({ status: 'refused', isTooLarge: false });
  expect(posts.length).toBeLessThanOrEqual(4);
});

test('304 is no redirect, and refused', async () => {
  const { url } = await receiver((response) => response.writeHead(304).end());
  expect(await senderTo(url).send(payload)).toEqual({
    status: 'refused',
    reason: 'HTTP status 304',
    isTooLarge: false,
  });
});
