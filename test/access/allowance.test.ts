/** How much anybody can have measured: so many requests a minute of callers who may not see it, and none of those who may is counted. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, test } from 'vitest';

import { TokenVerifier } from '../../src/identity/tokens.ts';
import type { RequestTracker } from '../../src/identity/tracked-request.ts';
import { Allowance } from '../../src/usage/allowance.ts';
import { MemoryStore } from '../../src/usage/memory-store.ts';
import { requestTracker } from '../../src/usage/request-tracker.ts';
import type { UsageTracking } from '../../src/usage/resource-usage.ts';
import { debug, fieldsOf, masked, startAccessApp } from './started-app.ts';
import type { Ask, Headers, StartedApp } from './started-app.ts';
import { token } from './tokens.ts';

describe('the bucket', () => {
  test('is full at the start, and fills up one by one, as fast as its rule says, never beyond it', () => {
    const { take, at } = bucketOf(4);
    expect([take(), take(), take(), take(), take()]).toEqual([true, true, true, true, false]);
    at(14_999);
    expect(take()).toBe(false);
    at(15_000);
    expect([take(), take()]).toEqual([true, false]);
    // What has come in by halves is not lost by asking in between.
    at(22_500);
    expect(take()).toBe(false);
    at(45_000);
    expect([take(), take(), take()]).toEqual([true, true, false]);
    at(3_600_000);
    expect([take(), take(), take(), take(), take()]).toEqual([true, true, true, true, false]);
  });

  test('what is given back can be taken again, once, and no bucket is fuller than full', () => {
    const { allowance, take, at } = bucketOf(2);
    const [first, second] = [allowance.take(), allowance.take()];
    expect(take()).toBe(false);
    first?.();
    first?.();
    expect([take(), take()]).toEqual([true, false]);
    at(60_000);
    second?.();
    expect([take(), take(), take()]).toEqual([true, true, false]);
  });

  test('of 0 has none, whatever the time', () => {
    const { take, at } = bucketOf(0);
    expect(take()).toBe(false);
    at(3_600_000);
    expect(take()).toBe(false);
  });

  test('says that one was refused when it is the first', () => {
    const { take, refusals, at } = bucketOf(1);
    take();
    expect(refusals()).toBe(0);
    take();
    at(60_000);
    for (let count = 0; count < 3; count += 1) take();
    expect(refusals()).toBe(1);
  });
});

interface Bucket {
  readonly allowance: Allowance;
  /** Whether there was one. */
  readonly take: () => boolean;
  readonly refusals: () => number;
  /** Sets the clock, which starts at 0. Milliseconds. */
  readonly at: (ms: number) => void;
}

function bucketOf(perMinute: number): Bucket {
  let nowMs = 0;
  let refusals = 0;
  const allowance = new Allowance({ perMinute, nowMs: () => nowMs, onFirstRefusal: () => (refusals += 1) });
  return {
    allowance,
    take: () => allowance.take() !== undefined,
    refusals: () => refusals,
    at: (ms) => {
      nowMs = ms;
    },
  };
}

test('a request that cannot be measured after all, for want of room, takes nothing from those after it', () => {
  let hasRoom = false;
  const tracking: UsageTracking = {
    run: (work) => work(),
    soFar: () => ({ durationMs: 0, method: 'none', isComplete: false }),
    end: ({ isComplete }) => ({ durationMs: 0, method: 'none', isComplete }),
    discard: () => undefined,
  };
  const tokens = { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: [], rolesClaim: ['roles'] };
  const tracker = requestTracker({
    access: { settings: { privilegedRoles: ['admin'], tokens }, verifier: new TokenVerifier(tokens) },
    store: new MemoryStore({ maxEntries: 1, ttlMs: 1000 }),
    endpoint: undefined,
    unprivilegedPerMinute: 1,
    startTracking: () => (hasRoom ? tracking : undefined),
  });
  for (let count = 0; count < 3; count += 1) expect(isOpened(tracker)).toBe(false);
  hasRoom = true;
  expect([isOpened(tracker), isOpened(tracker)]).toEqual([true, false]);
});

function isOpened(tracker: RequestTracker | undefined): boolean {
  const request = new IncomingMessage(new Socket());
  request.headers[debug.toLowerCase()] = '1';
  return tracker?.open(request, new ServerResponse(request)) !== undefined;
}

const variable = 'REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE';
const said = `reqlens: usage: more callers who are not known to be privileged ask to be measured than ${variable} allows (2): until fewer do, only requests with a token that was verified before are sure to be measured; strip the header X-Debug-Resource-Tracking at the proxy, or ask with a token\n`;
const byRole: Ask = { path: '/late?roles=admin', headers: { [debug]: '1' } };
const byNobody: Ask = { path: '/plain', headers: { [debug]: '1' } };
const byToken: Ask = { path: '/plain', headers: { [debug]: token() } };

async function ask(app: StartedApp, id: string, { path, headers }: Ask): Promise<string> {
  return app.raw({ path, headers: { 'X-Request-ID': id, ...headers } });
}

/** What the head of the response names, when the caller is privileged and the request is measured. */
function trackedIn(response: string): string | undefined {
  return fieldsOf(response)['x-resource-tracking-id'];
}

describe.each(['reqlens', 'otel'])('REQLENS_HTTP_SERVER=%s', (server) => {
  const start = async (perMinute: string): Promise<StartedApp> =>
    startAccessApp({ REQLENS_HTTP_SERVER: server, [variable]: perMinute });

  test('callers without a right use the allowance up: then a role that comes late is too late, a token that was verified is not, and it is said once', async () => {
    const app = await start('2');
    // The endpoint waits for the token, which is the one of `byToken`.
    await app.usageOf('never');
    await ask(app, 'nobody', byNobody);
    await ask(app, 'viewer', { path: '/late?roles=viewer', headers: { [debug]: '1' } });
    expect(app.stderr()).toBe('');
    const silent = await ask(app, 'silent', { path: byRole.path });
    expect(masked(await ask(app, 'late', byRole))).toBe(masked(silent));
    expect(masked(await ask(app, 'later', byRole))).toBe(masked(silent));
    expect(trackedIn(await ask(app, 'known', byToken))).toBe('known');
    expect(await app.keptUsageOf('known')).toMatchObject({ request_id: 'known', is_complete: true });
    const bearer: Headers = { [debug]: '1', Authorization: `Bearer ${token()}` };
    expect(trackedIn(await ask(app, 'bearer', { path: '/plain', headers: bearer }))).toBe('bearer');
    expect((await app.usageOf('late')).status).toBe(404);
    expect((await app.usageOf('later')).status).toBe(404);
    const { code, stderr, spans } = await app.finish();
    expect({ code, stderr }).toEqual({ code: 0, stderr: said });
    const late = spans.filter(({ attributes }) => attributes['reqlens.request.id'] === 'late');
    // A batch that is under way when the process exits may come twice.
    expect(new Set(late.map(({ spanId }) => spanId)).size).toBe(1);
    expect(Object.keys(late[0]?.attributes ?? {}).filter((name) => name.includes('usage'))).toEqual([]);
  });

  test('privileged callers do not use it up, whenever they become known and however their requests end, and do not make it more', async () => {
    const app = await start('2');
    for (let count = 0; count < 10; count += 1) {
      const id = `late-${count}`;
      expect(trackedIn(await ask(app, id, byRole))).toBe(id);
      expect(await app.keptUsageOf(id)).toMatchObject({ request_id: id, user_id: 'u1', is_complete: true });
    }
    for (let count = 0; count < 5; count += 1) {
      const id = `cut-off-${count}`;
      expect(await ask(app, id, { path: '/cut-off?roles=admin', headers: { [debug]: '1' } })).toBe('');
      expect(await app.keptUsageOf(id)).toMatchObject({ request_id: id, is_complete: false });
    }
    await ask(app, 'nobody', byNobody);
    await ask(app, 'cut-off', { path: '/cut-off?roles=viewer', headers: { [debug]: '1' } });
    expect(app.stderr()).toBe('');
    expect(trackedIn(await ask(app, 'late', byRole))).toBeUndefined();
    expect(await app.finish()).toMatchObject({ code: 0, stderr: said });
  });

  test('a token that is verified by the end of its first request has taken nothing either', async () => {
    const app = await start('1');
    for (let count = 0; count < 5; count += 1) {
      const fresh = token({ claims: { sub: `new ${count}` } });
      await ask(app, `new-${count}`, { path: '/plain', headers: { [debug]: fresh } });
      expect(await app.keptUsageOf(`new-${count}`)).toMatchObject({ user_id: `new ${count}` });
    }
    expect(await app.finish()).toMatchObject({ code: 0, stderr: '' });
  });

  test('0: a role never comes early enough; the first request with a token only has it verified', async () => {
    const app = await start('0');
    const silent = await ask(app, 'silent', { path: byRole.path });
    for (const id of ['late-0', 'late-1']) expect(masked(await ask(app, id, byRole))).toBe(masked(silent));
    const fresh = token({ claims: { sub: 'new' } });
    const plain = await ask(app, 'plain', { path: '/plain' });
    expect(masked(await ask(app, 'first', { path: '/plain', headers: { [debug]: fresh } }))).toBe(masked(plain));
    // Nobody waits for its verification: usually the second is known, but that is not ours to say.
    let last = 0;
    while (trackedIn(await ask(app, `next-${++last}`, { path: '/plain', headers: { [debug]: fresh } })) === undefined);
    expect(await app.keptUsageOf(`next-${last}`)).toMatchObject({ user_id: 'new' });
    for (const id of ['first', 'late-0', 'late-1']) expect((await app.usageOf(id)).status).toBe(404);
    // Who sets it to 0 knows.
    expect(await app.finish()).toMatchObject({ code: 0, stderr: '' });
  });
});
