/** HTTP/1.1 on servers that are no plain `http.Server`: id, span, context, header and log line as on one; HTTP/2 streams have nothing of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { makeCertificate } from '../http/support/certificate.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import type { TracedApp } from '../http/support/traced-app.ts';

const certificate = makeCertificate();
const folder = mkdtempSync(join(tmpdir(), 'reqlens-servers-'));
const socketPath = join(folder, 'http.sock');

let app: TracedApp;
beforeAll(async () => {
  app = await startTracedApp('../../other-servers/apps/servers.mjs', {
    before: './test/other-servers/apps/early.mjs',
    env: { TEST_KEY: certificate.key, TEST_CERT: certificate.cert, TEST_SOCKET: socketPath },
  });
});
afterAll(async () => {
  await app.stop();
  certificate.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  /** `X-Request-ID` of the response. */
  readonly id: string | undefined;
  readonly seen: { readonly header?: string; readonly current?: string; readonly later?: string };
}

const names = ['http', 'https', 'http2', 'early', 'handed', 'worker', 'unix'] as const;

async function ask(name: (typeof names)[number]): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const target = name === 'unix' ? { socketPath } : { port: app.ports[names.indexOf(name)] };
  const options = { ...target, path: `/${name}`, agent: false, rejectUnauthorized: false };
  const request = (name === 'https' || name === 'http2' ? getTls : get)(options, (response) => {
    const id = response.headers['x-request-id'];
    text(response).then((body) => resolve({ id: String(id), seen: JSON.parse(body) }), reject);
  });
  request.on('error', reject);
  return promise;
}

test.for(names)('%s: one id in the answer, in the handler, later, in the log line and on the span', async (name) => {
  const { id, seen } = await ask(name);
  expect(id).toMatch(/^[\da-f-]{36}$/);
  expect(seen).toEqual({ header: id, current: id, later: id });
  const spans = (): ReturnType<TracedApp['spans']> =>
    app.spans().filter(({ attributes }) => attributes['url.path'] === `/${name}`);
  await app.until(() => spans().length > 0);
  const found = spans().map(({ kind, attributes }) => [
    kind,
    attributes['reqlens.request.id'],
    attributes['url.scheme'],
  ]);
  expect(found).toEqual([[2, id, name === 'https' || name === 'http2' ? 'https' : 'http']]);
  const lines = app
    .stdout()
    .split('\n')
    .filter((line) => line.includes(`"path":"/${name}"`));
  expect(lines.map((line) => JSON.parse(line).request_id)).toEqual(name === 'worker' ? [] : [id]);
});

test('an HTTP/2 stream of the same server has no id, no header and no span', async () => {
  const session = connect(`https://127.0.0.1:${app.ports[names.indexOf('http2')]}`, { rejectUnauthorized: false });
  const stream = session.request({ ':path': '/stream' });
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  stream.on('response', resolve);
  const [headers, body] = await Promise.all([promise, text(stream)]);
  session.close();
  expect(headers).not.toHaveProperty('x-request-id');
  expect(JSON.parse(body)).toEqual({});
  const { id } = await ask('http');
  await app.until(() => app.spans().some(({ attributes }) => attributes['reqlens.request.id'] === id));
  expect(app.spans().filter(({ attributes }) => attributes['url.path'] === '/stream')).toEqual([]);
});
