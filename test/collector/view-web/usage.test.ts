import { expect, test } from 'vitest';
import { addressOf, routeFor } from '../../../collector/view/web/routes.ts';
import { formatFigure, usageOf } from '../../../collector/view/web/usage-figures.ts';
import { sinceMs, usageStart } from '../../../collector/view/web/usage-route.ts';

const named = (figures: Readonly<Record<string, string | number | boolean>>) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`reqlens.usage.${name}`, value]));

test('what a request used is shown in readable units, in the order of the questions asked of it', () => {
  const usage = usageOf(
    named({
      duration_ms: 486.2,
      cpu_ms: 41.25,
      cpu_user_ms: 38,
      cpu_system_ms: 3.25,
      event_loop_ms: 52.3,
      wait_ms: 433.9,
      wait_busy_ms: 120.4,
      wait_idle_ms: 313.5,
      heap_allocated_bytes: 7_340_032,
      external_memory_bytes: 0,
      gc_ms: 3.2,
      gc_count: 2,
      threadpool_jobs: 1,
      threadpool_estimated_ms: 8.5,
      socket_read_bytes: 812,
      socket_written_bytes: 20_480,
      outgoing_requests: 3,
      file_read_bytes: 1024,
      method: 'segments/thread-cpu',
      is_complete: true,
    }),
  );
  const lines = usage?.sections.map(({ title, lines: all }) => [
    title,
    ...all.map(({ label, value, note }) => [label, value, ...(note === undefined ? [] : [note])].join(' | ')),
  ]);
  expect(lines).toStrictEqual([
    [
      'CPU',
      'User and system | 41.3 ms | 8.5 % of duration',
      'User | 38.0 ms',
      'System | 3.25 ms',
      'On the event loop | 52.3 ms | wall time',
      'Garbage collection | 3.20 ms | in 2 runs',
      'Thread pool | 8.50 ms | estimated, 1 job',
    ],
    [
      'Waiting',
      'Queued or waiting | 434 ms',
      'Event loop busy | 120 ms | queued at most',
      'Event loop idle | 314 ms | I/O, timers',
    ],
    ['Memory', 'Allocated on the heap | 7.00 MB', 'Outside of the heap | 0 B | buffers'],
    [
      'I/O',
      'Received from client | 812 B',
      'Sent to client | 20.0 kB',
      'Outgoing calls | 3',
      'Read from files | 1.00 kB',
    ],
  ]);
  expect([usage?.method, usage?.isComplete]).toStrictEqual(['segments/thread-cpu', true]);
  expect(usage?.shares.map(({ name, ms }) => [name, Math.round(ms * 100) / 100])).toStrictEqual([
    ['cpu', 41.25],
    ['loop', 11.05],
    ['wait-busy', 120.4],
    ['wait-idle', 313.5],
  ]);
});

test('waiting is one stretch where its two parts are not known, as from earlier versions', () => {
  const shares = (figures: Readonly<Record<string, string | number>>) =>
    usageOf(named({ duration_ms: 100, cpu_ms: 20, ...figures }))?.shares.map(({ name, label, share }) => [
      name,
      label,
      share,
    ]);
  const whole = [
    ['cpu', 'CPU', 0.2],
    ['wait', 'waiting', 0.8],
  ];
  expect(shares({ wait_ms: 80 })).toStrictEqual(whole);
  expect(shares({ wait_ms: 80, wait_busy_ms: 30 })).toStrictEqual(whole);
  expect(shares({ wait_ms: 80, wait_busy_ms: 30, wait_idle_ms: 'x' })).toStrictEqual(whole);
  expect(shares({ wait_ms: 80, wait_busy_ms: 0, wait_idle_ms: 80 })).toStrictEqual([
    ['cpu', 'CPU', 0.2],
    ['wait-idle', 'waiting, event loop idle', 0.8],
  ]);
  const older = usageOf(named({ wait_ms: 80 }))?.sections;
  expect(older).toStrictEqual([{ title: 'Waiting', lines: [{ label: 'Queued or waiting', value: '80.0 ms' }] }]);
});

test('a figure that is absent or none is not shown, and a span without any has no usage', () => {
  expect(usageOf({ 'http.route': '/a' })).toBeUndefined();
  const odd = usageOf(named({ cpu_ms: 'x', wait_ms: -1, gc_ms: 0, is_complete: false }));
  expect(odd).toStrictEqual({
    sections: [{ title: 'CPU', lines: [{ label: 'Garbage collection', value: '0 ms' }] }],
    shares: [],
    method: undefined,
    isComplete: false,
  });
  expect([formatFigure('cpu', undefined), formatFigure('io', 2048), formatFigure('wait', 0.5)]).toStrictEqual([
    '–',
    '2.00 kB',
    '500 µs',
  ]);
});

test('the page of usage has an address for all that can be chosen, and what it does not know means the default', () => {
  const route = {
    ...usageStart,
    view: 'routes',
    by: 'memory',
    order: 'p95',
    range: '1h',
    onlyErrors: true,
    service: 'shop & co',
    route: 'GET /a/:b',
    account: 'acme',
  } as const;
  const address = addressOf(route);
  expect(address).toBe(
    '/usage?view=routes&by=memory&order=p95&range=1h&service=shop+%26+co&route=GET+%2Fa%2F%3Ab&account=acme&errors=1',
  );
  expect(routeFor('/usage', address.slice('/usage'.length))).toStrictEqual(route);
  expect([addressOf(usageStart), routeFor('/usage', '?by=watts&range=&view=x')]).toStrictEqual(['/usage', usageStart]);
  expect([sinceMs('15m', 1_000_000.5), sinceMs('all', 5)]).toStrictEqual([100_000, undefined]);
});
