/** The same bytes on the wire with and without the preload, but for the headers that are documented. On each Node by scripts/test-nodes.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { exchange } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import type { TracedApp } from '../http/support/traced-app.ts';
import { exchanges, serverNames } from './exchanges.ts';
import type { NeutralExchange } from './exchanges.ts';

let ours: TracedApp;
let bare: TracedApp;
beforeAll(async () => {
  const program = '../../neutrality/apps/shapes.mjs';
  [ours, bare] = await Promise.all([startTracedApp(program), startTracedApp(program, { preload: undefined })]);
});
afterAll(async () => {
  await Promise.all([ours.stop(), bare.stop()]);
});

async function bytes(app: TracedApp, { server, send, until, andSend, isAll }: NeutralExchange): Promise<string> {
  const holds = (received: string): boolean => until !== undefined && received.includes(until);
  const { received } = await exchange({
    port: app.ports[serverNames.indexOf(server)] ?? 0,
    send,
    ...(isAll === undefined ? {} : { isAll }),
    ...(until !== undefined && andSend === undefined ? { hangUpAfter: holds } : {}),
    ...(andSend === undefined ? {} : { followUp: { after: holds, send: andSend } }),
  });
  return received;
}

/** `X-Request-ID` of an answer, its name and value where a handler shows what it sees, and what no two runs share. */
const documented = [/X-Request-ID: [\da-f-]{36}\r\n/g, /,?"x-request-id":"[\da-f-]{36}"/g];
const date = /Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g;

function plain(received: string): string {
  const without = documented.reduce((text, pattern) => text.replaceAll(pattern, ''), received);
  return without.replaceAll(date, 'Date: now').replaceAll(/Content-Length: \d+\r\n(?=[^]*"host":"a")/g, '');
}

/** What was received of each exchange under the preload. */
const answered = new Map<string, string>();

test.for(exchanges)('$title', async (each) => {
  const [withUs, without] = await Promise.all([bytes(ours, each), bytes(bare, each)]);
  answered.set(each.title, withUs);
  expect(plain(withUs)).toBe(plain(without));
});

test('there are more than 60 exchanges, and the answers of ours have ids', () => {
  expect(exchanges.length).toBeGreaterThan(120);
  const lacking = [...answered].filter(([, received]) => {
    const heads = received.match(/^HTTP\/1\.1 (?!1\d\d )\d{3} [^]*?\r\n\r\n/gm) ?? [];
    return heads.some((head) => !/^X-Request-ID: [\da-f-]{36}\r$/m.test(head));
  });
  // These the application writes to the socket by itself.
  expect(lacking.map(([title]) => title)).toEqual([
    'plain: /rawSocket',
    'plain: /detached',
    'plain: a refused upgrade',
    'listening: no HTTP',
    'listening: CONNECT',
  ]);
});

test('nothing was said on stderr, and bare Node said the same on stdout', () => {
  expect([ours.stderr(), bare.stderr()]).toEqual(['', '']);
  const ports = /^listening.*\n/;
  expect(ours.stdout().replace(ports, '')).toBe(bare.stdout().replace(ports, ''));
});
