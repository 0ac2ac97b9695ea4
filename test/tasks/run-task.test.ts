/** Background work in every place it can run: whose ids it has, what its trace is linked to, and what becomes of its errors. */
import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { logsOf, spansOf } from '../support/otlp-json.ts';
import type { PlainLogRecord, PlainSpan } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';

const paths = [
  'in-request',
  'timer',
  'thread',
  'cluster',
  'error',
  'thenable',
  'nested',
  'generator',
  'fifty',
  'given',
  'bad',
];
type Fields = Readonly<Record<string, unknown>>;

let receiver: OtlpReceiver;
/** What each path has answered. */
const answers: Record<string, { readonly request: { readonly requestId: string; readonly traceId: string } } & Fields> =
  {};
let spans: readonly PlainSpan[];
let records: readonly PlainLogRecord[];
/** The named logger's lines on the console. */
let lines: readonly Fields[];
let stderr: string;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const app = await startApp('test/tasks/apps/tasks.mjs', {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_SHUTDOWN_TIMEOUT: '10000',
    },
  });
  for (const path of paths) answers[path] = JSON.parse((await app.get(`/${path}`)).body);
  await app.until(({ stdout }) => stdout().includes('line of a timer'));
  await app.get('/bye');
  const exit = await app.exit;
  stderr = exit.stderr;
  lines = exit.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Fields => JSON.parse(line));
  spans = spansOf(receiver.requests);
  records = logsOf(receiver.requests);
});

afterAll(() => receiver.close());

const task = (name: string): PlainSpan => only(spans.filter((span) => span.name === name));
const tasks = (name: string): PlainSpan[] => spans.filter((span) => span.name === name);
const line = (message: string): Fields => only(lines.filter(({ msg }) => msg === message));
const serverSpan = (path: string): PlainSpan =>
  only(spans.filter(({ kind, attributes }) => kind === 2 && attributes['url.path'] === `/${path}`));

function only<Item>(items: readonly Item[]): Item {
  expect(items).toHaveLength(1);
  // oxlint-disable-next-line typescript/no-non-null-assertion -- counted on the line above
  return items[0]!;
}

/** A task in a trace of its own, linked to the request of that path. */
function causedBy(path: string): object {
  const { traceId, spanId } = serverSpan(path);
  const { requestId } = answers[path]?.request ?? {};
  return {
    kind: 1,
    parentSpanId: undefined,
    traceId: expect.not.stringContaining(traceId),
    scope: 'reqlens/tasks',
    attributes: { 'reqlens.task.name': expect.any(String), 'reqlens.request.id': requestId },
    links: [{ traceId, spanId, attributes: { 'reqlens.request.id': requestId } }],
  };
}

/** Request, trace and span id of a line, on the console and at the receiver. */
function idsOf(message: string): unknown {
  const { request_id, trace_id, span_id } = line(message);
  const { traceId, spanId, attributes } = only(records.filter(({ body }) => body === message));
  return { console: [request_id, trace_id, span_id], sent: [attributes['reqlens.request.id'], traceId, spanId] };
}

function within({ traceId, spanId, attributes }: PlainSpan): unknown {
  const ids = [attributes['reqlens.request.id'], traceId, spanId];
  return { console: ids, sent: ids };
}

/** The link to the request that was running, when it is not the cause. */
const running = (): Fields => {
  const { traceId, spanId } = serverSpan('given');
  return { traceId, spanId, attributes: {} };
};

describe('within a request', () => {
  test('a task has a trace of its own, linked to the request, and the ids of the request in its lines', () => {
    const publish = task('publish');
    expect(publish).toMatchObject(causedBy('in-request'));
    expect(idsOf('first line of publish')).toEqual(within(publish));
    expect(idsOf('last line of publish')).toEqual(within(publish));
    expect(task('upload')).toMatchObject({ traceId: publish.traceId, parentSpanId: publish.spanId });
    expect(line('after publish')['trace_id']).toBe(serverSpan('in-request').traceId);
  });

  test('its result passes through, and what the application keeps in the context goes along', () => {
    const { requestId } = answers['in-request']?.request ?? {};
    const caller = { id: '7', roles: ['admin', 'developer'], account: 'north' };
    expect(answers['in-request']).toMatchObject({
      sync: 42,
      result: { kept: 'kept', current: { requestId, traceId: task('publish').traceId, caller } },
    });
  });

  test('the caller is inherited, on every span of the task', () => {
    const attributes = { 'user.id': '7', 'user.roles': ['admin', 'developer'], 'reqlens.account.id': 'north' };
    for (const span of [serverSpan('in-request'), task('publish'), task('upload'), task('count')])
      expect(span.attributes).toMatchObject(attributes);
  });

  test('what it gives a job to take along is plain JSON', () => {
    const { traceId, spanId } = serverSpan('in-request');
    expect(answers['in-request']?.['cause']).toEqual({
      requestId: answers['in-request']?.request.requestId,
      traceparent: `00-${traceId}-${spanId}-01`,
      caller: { id: '7', roles: ['admin', 'developer'], account: 'north' },
    });
  });

  test('a timer that fires after the answer still belongs to it', () => {
    expect(task('from a timer')).toMatchObject(causedBy('timer'));
    expect(idsOf('line of a timer')).toEqual(within(task('from a timer')));
  });

  test('a task within a task is linked to that one, keeps the request id, and its caller is its own', () => {
    const outer = task('outer');
    const inner = task('inner');
    const { requestId } = answers['nested']?.request ?? {};
    expect(outer).toMatchObject(causedBy('nested'));
    expect(inner.links).toEqual([
      { traceId: outer.traceId, spanId: outer.spanId, attributes: { 'reqlens.request.id': requestId } },
    ]);
    expect([inner.parentSpanId, inner.traceId === outer.traceId]).toEqual([undefined, false]);
    expect(idsOf('line of inner')).toEqual(within(inner));
    expect(inner.attributes['user.id']).toBe('inner');
    expect([outer.attributes['user.id'], answers['nested']?.['outer']]).toEqual([undefined, 'nobody']);
  });

  test('async generators, awaits and parallel parts keep the ids', () => {
    const span = task('export');
    for (const part of ['reading 1', 'page 1', 'reading 2', 'page 2', 'reading 3', 'page 3', 'part 1', 'part 2'])
      expect(idsOf(`line of ${part}`)).toEqual(within(span));
  });

  test('a lazy query is asked once, within the task', () => {
    expect(answers['thenable']).toMatchObject({ rows: 'rows', asked: 1 });
    expect(idsOf('line of a query')).toEqual(within(task('lazy query')));
  });
});

describe('elsewhere', () => {
  test('in a worker thread, with the cause in workerData', () => {
    expect(task('in a thread')).toMatchObject(causedBy('thread'));
    expect(idsOf('line of a thread')).toEqual(within(task('in a thread')));
    expect(line('line of a thread')['account']).toBe('north');
  });

  test('in a cluster worker, with the cause in a message', () => {
    expect(task('in a cluster worker')).toMatchObject(causedBy('cluster'));
    expect(idsOf('line of a cluster worker')).toEqual(within(task('in a cluster worker')));
    expect(line('line of a cluster worker')['pid']).not.toBe(line('outside')['pid']);
  });

  test('outside a request its own trace gives it an id, and there is nothing to link to', () => {
    const span = task('at the start');
    expect(span.links).toEqual([]);
    expect(String(span.attributes['reqlens.request.id']).replaceAll('-', '')).toBe(span.traceId);
    expect(idsOf('line of the start')).toEqual(within(span));
    expect(line('outside')).not.toHaveProperty('request_id');
    expect(line('outside')['cause']).toEqual({});
  });

  test('fifty at once do not mix', () => {
    const jobs = tasks('job');
    expect(new Set(jobs.map(({ traceId }) => traceId)).size).toBe(50);
    const traces = new Map(jobs.map(({ attributes, traceId }) => [attributes['reqlens.request.id'], traceId]));
    const own = lines.filter(({ msg }) => msg === 'line of fifty');
    expect(own).toHaveLength(150);
    expect(own.map(({ request_id, trace_id, account }) => [request_id, trace_id, account])).toEqual(
      own.map(({ job }) => Number(job)).map((job) => [`job-${job}`, traces.get(`job-${job}`), `account-${job}`]),
    );
  });
});

describe('a cause that is given', () => {
  const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

  test('a traceparent is linked to, and its trace gives the request id; the running span is linked to as well', () => {
    const requestId = '0af76519-16cd-43dd-8448-eb211c80319c';
    const span = task('by traceparent');
    expect(span.links).toEqual([{ ...remote, attributes: { 'reqlens.request.id': requestId } }, running()]);
    expect(span.attributes['reqlens.request.id']).toBe(requestId);
    expect(idsOf('line by traceparent')).toEqual(within(span));
  });

  test('of a request id alone the trace is known, and no span', () => {
    const span = task('by id');
    const traceId = createHash('sha256').update('order-77').digest('hex').slice(0, 32);
    expect(span.links).toEqual([
      { traceId, spanId: '0000000000000000', attributes: { 'reqlens.request.id': 'order-77' } },
      running(),
    ]);
    expect(idsOf('line by id')).toEqual(within(span));
  });

  test('the running caller is another one than that of the given cause', () => {
    expect(task('by id').attributes).not.toHaveProperty('user.id');
    expect(task('by both')).toMatchObject({
      attributes: { 'user.id': 'who asked there', 'reqlens.request.id': 'order-77' },
      links: [{ ...remote, attributes: { 'reqlens.request.id': 'order-77' } }, running()],
    });
  });
});

describe('errors', () => {
  test('reach the caller as they are', () => {
    expect(answers['error']).toMatchObject({ sync: true, async: true, undefined: true, unspeakable: true });
    expect(answers['error']).toMatchObject({
      withoutWork: 'TASK_WITHOUT_WORK',
      withoutAnything: 'cannot run the task "task": its work must be a function, got undefined',
    });
  });

  test('are recorded on the span of the task', () => {
    for (const [name, type, message] of [
      ['throws', 'TypeError', 'thrown by a task'],
      ['rejects', 'RangeError', 'rejected by a task'],
    ] as const) {
      expect(task(name)).toMatchObject({ status: { code: 2, message }, attributes: { 'error.type': type } });
      expect(only(task(name).events)).toMatchObject({
        name: 'exception',
        attributes: { 'exception.type': type, 'exception.message': message },
      });
    }
    expect(task('throws nothing').status).toEqual({ code: 2, message: 'undefined' });
    expect(task('throws what has no text').status.code).toBe(2);
  });

  test('a task that the exit cuts off is ended, and says so', () => {
    expect(task('never ends')).toMatchObject({
      status: { code: 2, message: 'the process exited before the task was finished' },
      attributes: { 'error.type': 'process_exit' },
    });
  });

  test('what cannot be used is reported once without its value, and the work runs under a new id', () => {
    const bad = tasks('bad');
    expect(bad).toHaveLength(2);
    for (const { attributes, traceId } of bad) {
      expect(String(attributes['reqlens.request.id']).replaceAll('-', '')).toBe(traceId);
      expect(attributes).not.toHaveProperty('user.id');
    }
    expect(tasks('task')).toHaveLength(2);
    expect(tasks('no options')).toHaveLength(2);
    expect(
      lines.filter(({ msg }) => ['line of bad', 'line without a name', 'line without options'].includes(String(msg))),
    ).toHaveLength(6);
    expect(
      stderr
        .replaceAll(/(?<=Error: (?:thrown by a task|secret)) at .*/g, '')
        .split('\n')
        .toSorted(),
    ).toEqual([
      '',
      ...[
        'runTask: a task could not be traced; its work runs all the same Error: secret',
        'runTask: name cannot be used: expected a text of 1-256 characters; the task is called "task"',
        'runTask: the error of a task could not be recorded; it is thrown on as it is TypeError: thrown by a task',
        'runTask bad, caller: id is a text with control characters and cannot be used: expected a text of 1-256 characters, none of them a control character',
        'runTask bad: requestId is another text of 9 characters and cannot be used: expected 1-128 characters of A-Za-z0-9_.@:+/=-; the task gets another id',
        'runTask bad: traceparent is another text of 11 characters and cannot be used: expected 00-<32 hex digits>-<16 hex digits>-<2 hex digits>',
        'runTask no options: options are of type string and cannot be used: expected an object',
      ]
        .map((said) => `reqlens: ${said}`)
        .toSorted(),
    ]);
  });
});

describe('without telemetry', () => {
  for (const { how, options } of [
    { how: 'without the preload', options: { nodeArgs: [] } },
    { how: 'with OTEL_SDK_DISABLED', options: { env: { OTEL_SDK_DISABLED: 'true' } } },
  ]) {
    test(`${how} the work just runs`, async () => {
      const app = await startApp('test/tasks/apps/tasks.mjs', options);
      const bodies = new Map<string, Fields>();
      for (const path of ['in-request', 'error', 'bad', 'generator'])
        bodies.set(path, JSON.parse((await app.get(`/${path}`)).body));
      await app.get('/bye');
      const exit = await app.exit;
      expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: '' });
      expect(bodies.get('in-request')).toEqual({ cause: {}, result: {}, sync: 42 });
      expect(bodies.get('error')).toMatchObject({ sync: true, async: true, withoutWork: 'TASK_WITHOUT_WORK' });
      expect(exit.stdout).toContain('"msg":"line of part 2"');
    });
  }
});
