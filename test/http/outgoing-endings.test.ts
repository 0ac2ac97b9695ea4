/** Every way in which a call ends: one span each, ended; listeners that run for their request; nothing kept. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startCallTarget } from './support/call-target.ts';
import type { CallTarget } from './support/call-target.ts';
import { startTracedApp } from './support/traced-app.ts';
import type { TracedApp } from './support/traced-app.ts';

let target: CallTarget;
let app: TracedApp;
beforeAll(async () => {
  target = await startCallTarget();
  app = await startTracedApp('outgoing-endings-app.mjs', { env: { NODE_OPTIONS: '--expose-gc' } });
});
afterAll(async () => {
  await app.stop();
  await target.close();
});

async function ask(path: string, id?: string): Promise<string> {
  const headers = id === undefined ? {} : { 'x-request-id': id };
  return (await fetch(`http://127.0.0.1:${app.port}/${path}`, { headers })).text();
}

async function endingNames(): Promise<string[]> {
  return JSON.parse(await ask('endings'));
}

/** Calls that are two requests, or whose name stands for two. */
const twice = new Set(['queued and destroyed', 'kept, then dead', 'fetch redirected']);

test('one span each, ended, of the request that made the call; listeners know the request as AsyncLocalStorage does', async () => {
  for (const [index, name] of (await endingNames()).entries()) {
    const id = `call-${index}`;
    const seen: (readonly [string, string | null, string | null])[] = JSON.parse(
      await ask(`${encodeURIComponent(name)}?to=${target.port}`, id),
    );
    const its = (): unknown[] =>
      app.spans().filter(({ kind, attributes }) => kind === 3 && attributes['reqlens.request.id'] === id);
    const done = (): boolean =>
      app.spans().some(({ kind, attributes }) => kind === 2 && attributes['reqlens.request.id'] === id);
    await app.until(done);
    expect([name, its().length]).toEqual([name, twice.has(name) ? 2 : 1]);
    // What bare Node loses, so do we; and what AsyncLocalStorage has, we have.
    expect([name, seen.filter(([, bare, ours]) => bare !== ours)]).toEqual([name, []]);
    expect([name, seen.filter(([event, , ours]) => event.startsWith('response') && ours !== id)]).toEqual([name, []]);
  }
}, 60_000);

test.each(['5', '6', '7'])(
  'a call of undici %s that waited for a connection goes in the name of who made it',
  async (version) => {
    const ids = Array.from({ length: 8 }, (_, index) => `pooled-${version}-${index}`);
    const echoed = await Promise.all(ids.map(async (id) => ask(`pooled?version=${version}&to=${target.port}`, id)));
    expect(echoed).toEqual(ids);
  },
);

test('nothing is kept of calls, however they end', async () => {
  for (const name of await endingNames()) {
    const path = `${encodeURIComponent(name)}?to=${target.port}&times=`;
    const times = /timed out|given up/.test(name) ? 3 : 10;
    await ask(path + times);
  }
  const before = Number(await ask('memory'));
  for (const name of [
    'answered',
    'cut off',
    'destroyed at once',
    'aborted',
    'upgraded',
    'fetched',
    'undici 7: upgraded',
  ])
    await ask(`${encodeURIComponent(name)}?to=${target.port}&times=150`);
  const after = Number(await ask('memory'));
  // 1,050 calls; a kilobyte kept of each would be 1,050 kB.
  expect((after - before) / 1024).toBeLessThan(800);
}, 120_000);

test('a call that is open when the process ends has a span that says so', async () => {
  const leaving = await startTracedApp('outgoing-endings-app.mjs', { env: { NODE_OPTIONS: '--expose-gc' } });
  await (await fetch(`http://127.0.0.1:${leaving.port}/left?to=${target.port}`)).text();
  await leaving.stop();
  const calls = leaving.spans().filter(({ kind }) => kind === 3);
  expect(calls.map(({ attributes, status }) => [attributes['error.type'], status.code])).toEqual([
    ['process_exit', 2],
    ['process_exit', 2],
  ]);
});
