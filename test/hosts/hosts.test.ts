/** Requests, responses and servers that are not as Node's documentation shows them: they go on as without us, and have all of ours or nothing. */
import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

interface Told {
  readonly title: string;
  /** What was sent or thrown, and what `emit` gave. */
  readonly did: unknown;
  /** Ids that the handler saw: in the request's headers, and of `currentRequest()`. */
  readonly handled: readonly { readonly handlerId?: string; readonly currentId?: string }[];
}

async function tell(nodeArgs: readonly string[]): Promise<readonly Told[]> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', REQLENS_LOG_CONSOLE: 'false' };
  const { stdout, code } = await runApp('test/hosts/apps/hosts.mjs', { nodeArgs, env });
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{"title"'))
    .map((line): Told => JSON.parse(line));
}

const [bare, ours] = await Promise.all([tell([]), tell(['--import', './register.js'])]);

const headers = /X-Request-ID: (?<id>[\da-f-]{36})\\r\\n|Date: [^\\]*\\r\\n/g;

function shown(did: unknown): string {
  return JSON.stringify(did).replaceAll(headers, '');
}

test('every host told its story', () => {
  expect(ours.map(({ title }) => title)).toEqual(bare.map(({ title }) => title));
  expect(ours.length).toBeGreaterThanOrEqual(29);
});

test.for(ours)('$title: as without us', ({ title, did, handled }) => {
  const plain = bare.find((each) => each.title === title);
  expect(shown(did)).toBe(shown(plain?.did));
  expect(handled).toHaveLength(plain?.handled.length ?? -1);
});

/** The application itself keeps the header away. */
const withoutHead = new Set(['a Proxy of a response', 'setHeader that throws']);

test.for(ours)('$title: one id everywhere, or none anywhere', ({ title, did, handled }) => {
  const sent = [...JSON.stringify(did).matchAll(headers)].map(({ groups }) => groups?.['id']).filter(Boolean);
  const handlerIds = handled.map(({ handlerId }) => handlerId);
  expect(handled.map(({ currentId }) => currentId)).toEqual(handlerIds);
  expect(sent).toEqual(withoutHead.has(title) ? [] : handlerIds.filter(Boolean));
});

test('what can carry an id has one', () => {
  const without = ours.filter(({ handled }) => handled[0]?.handlerId === undefined).map(({ title }) => title);
  expect(without).toEqual([
    'a response as a test double makes it',
    'no headers',
    'frozen headers',
    'headers that throw',
    'a socket that throws',
    'a frozen request',
    'a frozen response',
    'a Proxy that refuses',
    'plain objects',
    'emitters in place of both',
    'nothing in place of both',
    'a request that another emitter emits',
    'a response without a request',
    'an error of a connection with a code that every object has',
    'a server that ends by a plain call',
  ]);
});
