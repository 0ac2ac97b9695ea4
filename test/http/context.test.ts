/** Code that runs for a request knows it, however it is called back, and finds Node's objects as Node made them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { exchange, onlyResponse } from './support/raw-client.ts';
import type { Exchange, RawResponse } from './support/raw-client.ts';
import { startTracedApp } from './support/traced-app.ts';
import type { TracedApp } from './support/traced-app.ts';

const servers = ['plain', 'subclassed', 'capturing', 'continuing'] as const;

let app: TracedApp;
let bare: TracedApp;
beforeAll(async () => {
  [app, bare] = await Promise.all([
    startTracedApp('context-app.mjs'),
    startTracedApp('context-app.mjs', { preload: undefined }),
  ]);
});
afterAll(async () => {
  await Promise.all([app.stop(), bare.stop()]);
});

interface Ask {
  readonly server?: (typeof servers)[number];
  readonly path: string;
  readonly body?: string;
  readonly headers?: string;
  readonly hangUpAfter?: Exchange['hangUpAfter'];
  readonly of?: TracedApp;
}

async function received({
  server = 'plain',
  path,
  body = '',
  headers = '',
  hangUpAfter,
  of = app,
}: Ask): Promise<string> {
  const lines = `Host: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${headers}`;
  const what = { port: of.ports[servers.indexOf(server)] ?? 0, send: `POST ${path} HTTP/1.1\r\n${lines}\r\n${body}` };
  return (await exchange({ ...what, ...(hangUpAfter === undefined ? {} : { hangUpAfter }) })).received;
}

async function ask(what: Ask): Promise<RawResponse & { readonly id: string }> {
  const response = onlyResponse(await received(what));
  return { ...response, id: response.all('x-request-id').join() };
}

/** What listeners saw in the end; asks until `names` are all there. */
async function seenAfter(id: string, names: readonly string[]): Promise<Record<string, string>> {
  for (;;) {
    const seen: Record<string, string> = JSON.parse((await ask({ path: `/after?${id}` })).body);
    if (names.every((name) => name in seen)) return seen;
  }
}

describe('the request is known', () => {
  test('in listeners of the request and the response', async () => {
    const { id } = await ask({ path: '/events', body: 'hello' });
    const names = [
      'request data',
      'request end',
      'request close',
      'response prefinish',
      'response finish',
      'response close',
    ];
    const seen = await seenAfter(id, names);
    expect(names.map((name) => [name, seen[name]])).toEqual(names.map((name) => [name, id]));
  });

  test("in a response's error listener", async () => {
    const { id } = await ask({ path: '/error' });
    expect(await seenAfter(id, ['response error'])).toEqual({ 'response error': id });
  });

  test('in listeners after the client has gone', async () => {
    const id = 'gone-client';
    const headers = `X-Request-ID: ${id}\r\nX-Pad: 1\r\n`;
    await received({ path: '/aborted', headers, hangUpAfter: (text) => text !== '' });
    const seen = await seenAfter(id, ['request close', 'response close']);
    expect(new Set(Object.values(seen))).toEqual(new Set([id]));
  });

  test.each(['/timers', '/streams', '/iterate', '/once'])('behind awaits and callbacks: %s', async (path) => {
    const { id, body } = await ask({ path, body: 'x'.repeat(1000) });
    const seen: Record<string, string> = JSON.parse(body);
    expect(Object.values(seen).length).toBeGreaterThan(0);
    for (const value of Object.values(seen)) expect(value.split(' ').at(-1)).toBe(id);
  });

  test('on a server with classes of its own, which stay in force', async () => {
    const response = await ask({ server: 'subclassed', path: '/' });
    expect(JSON.parse(response.body)).toEqual([response.id, true]);
    expect(response.all('x-own-class')).toEqual(['1']);
    expect(await seenAfter(response.id, ['finish true'])).toEqual({ 'finish true': response.id });
  });

  test('by listeners for Expect: 100-continue and for other expectations', async () => {
    for (const expectation of ['100-continue', 'something else']) {
      const { id, body } = await ask({ server: 'continuing', path: '/', headers: `Expect: ${expectation}\r\n` });
      expect(JSON.parse(body)).toEqual([id]);
      await app.until(() => app.spans().some(({ attributes }) => attributes['reqlens.request.id'] === id));
    }
  });
});

describe("Node's objects are as without us", () => {
  test('listeners: none of ours to be seen, those of the application not wrapped, and removable', async () => {
    const [ours, nodes] = await Promise.all([ask({ path: '/listeners' }), ask({ path: '/listeners', of: bare })]);
    expect(JSON.parse(ours.body)).toEqual(JSON.parse(nodes.body));
    // Both lists have it three times; rawListeners shows once() wrapped by Node itself.
    expect(JSON.parse(ours.body)).toMatchObject({ calls: ['kept', 'kept'], same: 5, emitted: [true, true, false] });
  });

  test('EventEmitter.captureRejections: a rejecting handler is answered with 500 by Node', async () => {
    const response = await ask({ server: 'capturing', path: '/reject' });
    expect([response.status, response.body]).toEqual([500, 'Internal Server Error']);
    const isIts = (): boolean =>
      app
        .spans()
        .some(
          ({ attributes }) =>
            attributes['reqlens.request.id'] === response.id && attributes['http.response.status_code'] === 500,
        );
    await app.until(isIts);
  });

  test.each(['/handed', '/handedTwice'])('a request that servers hand on is one request: %s', async (path) => {
    const { id, body } = await ask({ path });
    expect(JSON.parse(body)).toEqual([id]);
    const its = (): unknown[] => app.spans().filter(({ attributes }) => attributes['reqlens.request.id'] === id);
    await app.until(() => its().length > 0);
    // A later request's span has arrived, so a second one of this request would have too.
    const next = await ask({ path: '/none' });
    await app.until(() => app.spans().some(({ attributes }) => attributes['reqlens.request.id'] === next.id));
    expect(its()).toHaveLength(1);
  });
});
