/** Every way that a request ends or does not: one span, the status that the client got, ended when the exchange is over. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { exchange } from '../http/support/raw-client.ts';
import type { Exchange } from '../http/support/raw-client.ts';
import { startTracedApp } from '../http/support/traced-app.ts';
import type { TracedApp } from '../http/support/traced-app.ts';

interface Ending {
  /** Path of the server's own ending. */
  readonly path: string;
  /** What to send; `#` is the number of the case. Default: a GET that closes the connection. */
  readonly send?: string;
  readonly hangUpAfter?: Exchange['hangUpAfter'];
  readonly isAll?: boolean;
  /** `http.response.status_code`, status of the span (2 is an error), `error.type`. */
  readonly span: readonly [status: number | undefined, code: number, errorType?: string];
  /** Names of the span's events. */
  readonly events?: readonly string[];
}

const upgrade = (path: string): string =>
  `GET ${path}?case=# HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n`;
const keepAlive = (path: string): string => `GET ${path}?case=# HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (body: string): string => `POST /body?case=# HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${body}`;
const anything = (received: string): boolean => received !== '';
const atOnce = { hangUpAfter: anything };
const none = [undefined, 0] as const;
const exception = ['exception'];

const endings: Readonly<Record<string, Ending>> = {
  'a whole answer': { path: '/answered', span: [200, 0] },
  'a whole answer to HEAD': {
    path: '/answered',
    send: 'HEAD /answered?case=# HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    span: [200, 0],
  },
  'a whole answer to HTTP/1.0': { path: '/answered', send: 'GET /answered?case=# HTTP/1.0\r\n\r\n', span: [200, 0] },
  'a whole answer, and a connection that idles until the server closes it': {
    path: '/answered',
    send: keepAlive('/answered'),
    span: [200, 0],
  },
  'an answer to a client that has closed its half': { path: '/answered', isAll: true, span: [200, 0] },
  'a framework that names the route when it is over, which nobody complains about': {
    path: '/namedTooLate',
    span: [200, 0],
  },
  204: { path: '/noBody', span: [204, 0] },
  304: { path: '/notModified', span: [304, 0] },
  'interim answers, then a real one': { path: '/interim', span: [202, 0] },
  'a client that goes before there is a head': {
    path: '/never',
    send: upgrade('/never').replace(/Upgrade: own\r\n/, ''),
    isAll: true,
    span: none,
  },
  'a client that goes in the middle of the body': {
    path: '/begun',
    send: keepAlive('/begun'),
    ...atOnce,
    span: [206, 0],
  },
  'a connection that the handler ends unanswered': { path: '/endsSocketUnanswered', span: none },
  'a response destroyed before its head': { path: '/destroyedBefore', span: none },
  'a response destroyed with an error': { path: '/destroyedWithError', span: none },
  'a response destroyed in its body': { path: '/destroyedDuring', span: [200, 0] },
  'a response destroyed when it is over': { path: '/destroyedAfter', span: [200, 0] },
  'a request that is destroyed': { path: '/requestDestroyed', span: none },
  'a request that is destroyed with an error': { path: '/requestDestroyedWithError', span: none },
  'a write after the end': { path: '/writtenAfterEnd', span: [200, 0], events: exception },
  'a second end': { path: '/endedTwice', span: [200, 0], events: [...exception, ...exception] },
  'an error event after the close': { path: '/errorEmittedAfterEnd', span: [200, 0] },
  'an error event, then an answer': { path: '/errorEmittedThenAnswered', span: [500, 2, '500'], events: exception },
  'a handler that throws, and nobody answers': {
    path: '/throws',
    span: [undefined, 2, 'TypeError'],
    events: exception,
  },
  'a handler that throws, and an uncaughtException listener answers': {
    path: '/throwsAnswered',
    span: [500, 2, '500'],
    events: exception,
  },
  'a timer that throws, and an uncaughtException listener answers': {
    path: '/throwsLaterAnswered',
    span: [503, 2, '503'],
    events: exception,
  },
  'a promise that is rejected, and an uncaughtException listener answers': {
    path: '/rejectsAnswered',
    span: [502, 2, '502'],
    events: exception,
  },
  'a domain that answers': { path: '/domain', span: [500, 2, '500'], events: exception },
  'a domain that answers later': { path: '/domainLater', span: [500, 2, '500'], events: exception },
  'a connection taken from its response, answered by hand': { path: '/detached', span: [299, 0] },
  'a connection taken after the head': { path: '/detachedAfterHead', span: [201, 0] },
  'a connection taken and closed': { path: '/detachedAndSilent', span: none },
  'a connection given to another response': { path: '/assigned', span: [203, 0] },
  'all connections closed in the middle': { path: '/closesAll', span: [200, 0] },
  'a body that is read': { path: '/body', send: post('Content-Length: 2\r\n\r\nok'), span: [200, 0] },
  'a body that is broken off': {
    path: '/body',
    send: post('Content-Length: 9\r\n\r\nok'),
    isAll: true,
    span: [400, 0],
  },
  'a body that comes too slowly': { path: '/body', send: post('Content-Length: 9\r\n\r\nok'), span: [408, 0] },
  'a body that is no chunk': { path: '/body', send: post('Transfer-Encoding: chunked\r\n\r\nzz\r\n'), span: [400, 0] },
  // The head was on its way when the connection was destroyed.
  'a body longer than it said': { path: '/lengthMismatch', span: [200, 0] },
  'a refused upgrade': { path: '/chatRefused', send: upgrade('/chatRefused'), span: [401, 0] },
  'an accepted upgrade': { path: '/chatAccepted', send: upgrade('/chatAccepted'), ...atOnce, span: [101, 0] },
  'an upgrade destroyed unanswered': { path: '/chatDestroyed', send: upgrade('/chatDestroyed'), span: none },
  'an upgrade answered by a response': { path: '/chatByResponse', send: upgrade('/chatByResponse'), span: [403, 0] },
};

let app: TracedApp;
beforeAll(async () => {
  app = await startTracedApp('../../request-endings/apps/endings-app.mjs');
});

const cases = Object.entries(endings).map(([title, ending], index) => ({ title, number: index + 100, ...ending }));

function spansWith(number: number): ReturnType<TracedApp['spans']> {
  return app.spans().filter(({ attributes }) => attributes['url.query'] === `case=${number}`);
}

test.for(cases)(
  '$title',
  async ({
    path,
    number,
    send = `GET ${path}?case=# HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    hangUpAfter,
    isAll,
    span,
    events = [],
  }) => {
    const how = { ...(hangUpAfter === undefined ? {} : { hangUpAfter }), ...(isAll === undefined ? {} : { isAll }) };
    await exchange({ port: app.port, send: send.replace('#', String(number)), ...how });
    await app.until(() => spansWith(number).length > 0);
    const [{ attributes, status, events: seen } = fail()] = spansWith(number);
    const [statusCode, code, errorType] = span;
    expect([attributes['http.response.status_code'], status.code, attributes['error.type']]).toEqual([
      statusCode,
      code,
      errorType,
    ]);
    expect(seen.map(({ name }) => name)).toEqual(events);
  },
);

function fail(): never {
  throw new Error('no span');
}

test('pipelined requests whose connection breaks end with it, also those whose turn had not come', async () => {
  const sent = [900, 901, 902].map((number) =>
    keepAlive(number === 902 ? '/answered' : '/begun').replace('#', String(number)),
  );
  await exchange({ port: app.port, send: sent.join(''), hangUpAfter: anything });
  await app.until(() => [900, 901, 902].every((number) => spansWith(number).length > 0));
  const statuses = [900, 901, 902].map((number) => spansWith(number)[0]?.attributes['http.response.status_code']);
  // The second and the third have written their heads, and the client got neither.
  expect(statuses).toEqual([206, undefined, undefined]);
});

test('fake timers that hold microtasks back keep no span open, and give no error to another request', async () => {
  const faked = await startTracedApp('../../request-endings/apps/faked-app.mjs');
  onTestFinished(async () => void (await faked.stop()));
  const sent = [keepAlive('/throwsAnswered'), keepAlive('/throwsLaterAnswered'), upgrade('/chatDestroyed')];
  for (const each of sent) {
    await exchange({ port: faked.port, send: each.replace('\r\nHost', '\r\nConnection: close\r\nHost') });
  }
  await faked.until(() => faked.spans().length === sent.length);
  expect(faked.spans().map(({ attributes, events }) => [attributes['url.path'], events.length])).toEqual([
    ['/throwsAnswered', 1],
    ['/throwsLaterAnswered', 1],
    ['/chatDestroyed', 0],
  ]);
});

test.for(['open.example:443', 'refused.example:443'])('CONNECT %s', async (authority) => {
  await exchange({ port: app.port, send: `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n` });
  const ofTunnel = (): ReturnType<TracedApp['spans']> =>
    app
      .spans()
      .filter(({ name, attributes }) => name === 'CONNECT' && attributes['server.address'] === authority.split(':')[0]);
  await app.until(() => ofTunnel().length > 0);
  const [{ attributes } = fail()] = ofTunnel();
  expect(attributes['http.response.status_code']).toBe(authority.startsWith('refused') ? 405 : 200);
  expect(attributes['url.path']).toBeUndefined();
});

test('one span each, no fatal line, nothing to complain about', async () => {
  // Nobody hears the end of a connection that the application has taken with all its listeners: its span comes at the latest now.
  await exchange({ port: app.port, send: keepAlive('/stolen').replace('#', '950') });
  const { code, signal } = await app.stop();
  expect([code, signal]).toEqual([null, 'SIGTERM']);
  const numbers = [...cases.map(({ number }) => number), 900, 901, 902, 950];
  expect(numbers.filter((number) => spansWith(number).length !== 1)).toEqual([]);
  const [stolen = fail()] = spansWith(950);
  expect([stolen.status.code, stolen.attributes['error.type']]).toEqual([0, undefined]);
  expect(app.stdout()).not.toContain('"level":"fatal"');
  expect(
    app
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('reqlens: ')),
  ).toEqual([]);
});

afterAll(async () => {
  await app.stop();
});
