/** Where usage is kept: bounded in memory; in Redis for every process of a cluster, and in memory while it is away. */
import { request } from 'node:http';

import { createClient } from 'redis';
import { describe, expect, onTestFinished, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import { MemoryStore } from '../../src/usage/memory-store.ts';
import { missingRedis, startTcpRedis } from './redis.ts';
import { debug, startAccessApp } from './started-app.ts';
import { secret, token } from './tokens.ts';

const missing = missingRedis();
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

describe('in memory', () => {
  test('the oldest give way, and one that is put again is new', async () => {
    const store = new MemoryStore({ maxEntries: 2, ttlMs: 60_000 });
    for (const id of ['a', 'b', 'a', 'c']) store.put(id, `{"id":"${id}"}`);
    expect(await Promise.all(['a', 'b', 'c'].map(store.get))).toEqual([
      { status: 'found', json: '{"id":"a"}' },
      { status: 'unknown' },
      { status: 'found', json: '{"id":"c"}' },
    ]);
  });

  test('after its time an entry is gone', async () => {
    const app = await startAccessApp({ REQLENS_USAGE_TTL: '1000' });
    await app.raw({ path: '/late?roles=admin', headers: { [debug]: '1', 'X-Request-ID': 'short' } });
    await app.keptUsageOf('short');
    while ((await app.usageOf('short')).status !== 404);
    expect((await app.finish()).stderr).toBe('');
  });
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function get(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => (body += text));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
  })
    .on('error', reject)
    .end();
  return promise;
}

const away =
  /^reqlens: usage: the Redis of REQLENS_USAGE_STORE is away \(.*\); usage is kept in the memory of each process until it is back$/;
const back = 'reqlens: usage: the Redis of REQLENS_USAGE_STORE is back';

const admin = { authorization: `Bearer ${token()}` };
const read = async (port: number, id: string): Promise<Answer> => get(port, `/usage/${encodeURIComponent(id)}`, admin);
const track = async (port: number, id: string): Promise<Answer> => get(port, '/', { [debug]: '1', 'x-request-id': id });

/** @returns As soon as it has that status. */
async function readUntil(status: number, port: number, id: string): Promise<Answer> {
  for (;;) {
    const answer = await read(port, id);
    if (answer.status === status) return answer;
  }
}

describe.skipIf(missing !== undefined)(`in Redis${because}`, () => {
  test('any process of a cluster answers for any id; without Redis requests go on, it is said once, and what was used meanwhile is handed over', async () => {
    const redis = await startTcpRedis();
    onTestFinished(redis.remove);
    const app = await startApp('test/access/apps/cluster-app.mjs', {
      killAfterMs: 90_000,
      env: {
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'none',
        REQLENS_USAGE_STORE: redis.url,
        REQLENS_USAGE_TTL: '600000',
        REQLENS_USAGE_PATH: '/usage',
        REQLENS_JWT_SECRET: secret,
      },
    });
    // A test that fails half-way must not leave four processes behind.
    onTestFinished(() => app.signal('SIGKILL'));
    const ports = (/^ports (.*)$/m.exec(app.stdout())?.[1] ?? '').split(' ').map(Number);
    expect(new Set(ports).size).toBe(4);

    const ids = ports.map((_, index) => `order/../${index}`);
    for (const [index, port] of ports.entries()) expect((await track(port, ids[index] ?? '')).status).toBe(200);
    for (const id of ids) {
      const answers = await Promise.all(ports.map(async (port) => readUntil(200, port, id)));
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
      expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ request_id: id, user_id: 'u1', is_complete: true });
    }
    const client = await createClient({ url: redis.url }).connect();
    const keys = await client.keys('*');
    expect(keys.filter((key) => /^reqlens:usage:[\da-f]{64}$/.test(key))).toHaveLength(4);
    expect(keys).toHaveLength(4);
    const leftMs = await client.pTTL(keys[0] ?? '');
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(600_000);
    client.destroy();
    expect(app.stderr()).toBe('');

    const [first = 0, second = 0] = ports;
    await redis.kill();
    expect(await track(first, 'meanwhile')).toEqual({ status: 200, body: 'of the application' });
    expect((await readUntil(200, first, 'meanwhile')).body).toContain('"request_id":"meanwhile"');
    const unavailable = await readUntil(503, second, 'meanwhile');
    expect(JSON.parse(unavailable.body)).toMatchObject({ title: 'Service Unavailable', status: 503 });
    expect((await get(second, '/usage/meanwhile', {})).status).toBe(404);
    await app.until(() => app.stderr().split('\n').length >= 5);

    await redis.start();
    expect((await readUntil(200, second, 'meanwhile')).body).toContain('"request_id":"meanwhile"');
    // Those from before are gone with that Redis, unless they were its own.
    expect((await readUntil(404, second, ids[0] ?? '')).status).toBe(404);
    await app.until(() => app.stderr().includes(back));
    app.signal('SIGTERM');
    const { stderr } = await app.exit;
    expect(stderr).not.toContain('hunter2');
    // Once in each process, and nothing else.
    const lines = stderr.split('\n').slice(0, -1);
    expect(lines.filter((line) => away.test(line))).toHaveLength(4);
    expect(lines.filter((line) => !away.test(line) && line !== back)).toEqual([]);
  });

  test('one that takes commands and never answers is away too, and keeps no process from ending', async () => {
    const redis = await startTcpRedis();
    onTestFinished(redis.remove);
    const app = await startAccessApp({ REQLENS_USAGE_STORE: redis.url });
    await app.raw({ path: '/late?roles=admin', headers: { [debug]: '1', 'X-Request-ID': 'before' } });
    await app.keptUsageOf('before');
    redis.freeze();
    await app.raw({ path: '/late?roles=admin', headers: { [debug]: '1', 'X-Request-ID': 'frozen' } });
    expect(await app.keptUsageOf('frozen')).toMatchObject({ request_id: 'frozen' });
    expect((await app.usageOf('elsewhere')).status).toBe(503);
    const { code, stderr, spans } = await app.finish();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^reqlens: usage: the Redis of REQLENS_USAGE_STORE is away \(.*\); [^\n]*\n$/);
    expect(spans.every(({ kind }) => kind === 2)).toBe(true);
  });
});
