/** `reqlens logs`, as it is started in a shell. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { LogDirectory } from './run-logs.ts';
import type { RunningLogs } from './run-logs.ts';

let directory: LogDirectory;
beforeEach(() => {
  directory = new LogDirectory();
});
afterEach(() => {
  directory.remove();
});

const uuid = '01a20a44-8873-75c0-87dc-14ac521f88e8';
const hex = '01a20a44887375c087dc14ac521f88e8';

/** A line of that second. */
function line(second: number, text: string, requestId?: string): string {
  const time = new Date(Date.UTC(2026, 10, 23, 21, 0, second)).toISOString();
  const ids = requestId === undefined ? {} : { request_id: requestId };
  return JSON.stringify({ level: 'info', time, logger: 'any', ...ids, msg: text });
}

function textLine(second: number, text: string): string {
  return `${new Date(Date.UTC(2026, 10, 23, 21, 0, second)).toISOString()} - INFO - ${text}`;
}

test('all loggers are merged by time, backups and compressed ones first, lines as they are', async () => {
  const oldest = [line(1, 'a'), line(4, 'b')];
  directory.write('publish_sync.7.log.gz', oldest);
  directory.write('publish_sync.8.log', [line(6, 'c'), '{"torn', line(9, 'd')]);
  directory.write('publish_sync.log', [line(12, 'e')]);
  directory.write('webhooks.log', [line(2, 'f'), line(5, 'g'), line(6, 'h'), line(10, 'i')]);
  directory.write('wordpress-api.log', [textLine(3, 'j'), textLine(11, 'k')]);
  directory.write('publish_sync.log.bak', [line(0, 'not ours')]);
  expect(await directory.run([])).toEqual({
    code: 0,
    stderr: '',
    lines: [
      line(1, 'a'),
      line(2, 'f'),
      textLine(3, 'j'),
      line(4, 'b'),
      line(5, 'g'),
      // At the same time the logger that is named first in the configuration; a line without a time stays behind its own.
      line(6, 'c'),
      '{"torn',
      line(6, 'h'),
      line(9, 'd'),
      line(10, 'i'),
      textLine(11, 'k'),
      line(12, 'e'),
    ],
  });
});

test('one request is found in both spellings of its id, in all loggers, and the last lines alone when asked', async () => {
  directory.write('publish_sync.1.log', [line(1, 'a', uuid), line(2, `about ${uuid}`, 'order-7')]);
  directory.write('webhooks.log', [line(3, 'b'), line(4, 'c', uuid.toUpperCase())]);
  directory.write('wordpress-api.log', [textLine(5, `d request_id=${uuid} trace_id=${hex}`)]);
  const own = [
    line(1, 'a', uuid),
    line(4, 'c', uuid.toUpperCase()),
    textLine(5, `d request_id=${uuid} trace_id=${hex}`),
  ];
  expect((await directory.run(['--request', uuid])).lines).toEqual(own);
  expect(await directory.run(['--request', hex.toUpperCase(), '-n', '2'])).toEqual({
    code: 0,
    stderr: '',
    lines: own.slice(-2),
  });
  expect((await directory.run(['publish_sync', '--request=order-7'])).lines).toEqual([
    line(2, `about ${uuid}`, 'order-7'),
  ]);
});

test('the files are found by the same variables as the application uses, or by --dir', async () => {
  directory.write('all.log', [line(1, 'a'), line(2, 'b')]);
  const env = {
    REQLENS_LOG_DIR: 'logs',
    REQLENS_LOGGERS: 'x:file=publish-sync-logs/all.log,y:file=publish-sync-logs/all.log',
  };
  // One file of two loggers is printed once.
  expect((await directory.run(['x', 'y'], env)).lines).toEqual([line(1, 'a'), line(2, 'b')]);
  const byFlag = await directory.run(['z', '--dir', directory.logs, '--lines=1'], {
    REQLENS_LOG_DIR: '/nowhere',
    REQLENS_LOGGERS: 'z:file=all.log:lvel=debug',
    REQLENS_SHUTDOWN_TIMEOUT: 'not for this command to complain of',
  });
  expect(byFlag.lines).toEqual([line(2, 'b')]);
  expect(byFlag.stderr).toMatch(/^reqlens: REQLENS_LOGGERS="z:lvel=debug" is not usable: expected [^\n]+\n$/);
});

test('loggers without a file yet are named on stderr, which is no failure', async () => {
  expect(await directory.run(['webhooks'])).toEqual({
    code: 0,
    lines: [],
    stderr: `reqlens logs: webhooks has no file yet: ${directory.logs}/webhooks.log\n`,
  });
  expect((await directory.run([])).stderr.split('\n')).toHaveLength(4);
  directory.write('publish_sync.log', []);
  expect(await directory.run([])).toEqual({ code: 0, lines: [], stderr: '' });
});

test.each([
  [
    ['webhoks'],
    'expected a logger that writes a file (publish_sync, wordpress_api, webhooks), got "webhoks"; did you mean webhooks?',
  ],
  [['metrics'], 'expected a logger that writes a file (publish_sync, wordpress_api, webhooks), got "metrics"'],
  [['--request='], '--request: expected a request id or a trace id, got nothing'],
  [['-n-1'], '--lines: expected a whole number from 0 to 999999999, got "-1"'],
  [['--lines', 'ten'], '--lines: expected a whole number from 0 to 999999999, got "ten"'],
  [['--folow'], "Unknown option '--folow'; see reqlens logs --help"],
])('%j ends with status 2 and says what was expected', async (args, message) => {
  expect(await directory.run(args)).toEqual({ code: 2, lines: [], stderr: `reqlens logs: ${message}\n` });
});

test('a logger that writes no file is told apart from one that is not known', async () => {
  const { code, stderr } = await directory.run(['webhooks'], { REQLENS_LOGGERS: 'webhooks:file=none' });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'reqlens logs: expected a logger that writes a file (publish_sync, wordpress_api), got "webhooks"; it writes no file\n',
  });
});

test('--help says how to use it', async () => {
  const { code, lines, stderr } = await directory.run(['--help', 'webhooks']);
  expect({ code, stderr, first: lines[0] }).toEqual({
    code: 0,
    stderr: '',
    first: 'Usage: reqlens logs [name...] [options]',
  });
  for (const option of ['--follow', '--request', '--lines', '--dir']) {
    expect(lines.some((each) => each.includes(option))).toBe(true);
  }
});

test('a file that cannot be read ends with status 1', async () => {
  directory.write('webhooks.log', [line(1, 'a')]);
  const broken = await directory.run(['webhooks'], { REQLENS_LOGGERS: 'webhooks:file=webhooks.log/inside.log' });
  expect(broken.code).toBe(1);
  expect(broken.stderr).toMatch(/^reqlens logs: cannot read the log files: ENOTDIR: [^\n]+\n$/);
});

test('--follow prints what is there by time, then goes on across rotation, until SIGINT', async () => {
  directory.write('publish_sync.1.log.gz', [line(1, 'a')]);
  directory.write('publish_sync.log', [line(3, 'c')]);
  directory.write('wordpress-api.log', [line(2, 'b')]);
  const logs = directory.start(['-f']);
  await has(logs, 3);
  expect(logs.lines()).toEqual([line(1, 'a'), line(2, 'b'), line(3, 'c')]);
  directory.append('publish_sync.log', line(4, 'd'));
  await has(logs, 4);
  directory.append('publish_sync.log', line(5, 'e'));
  directory.rename('publish_sync.log', 'publish_sync.2.log');
  directory.append('publish_sync.log', line(6, 'f'));
  await has(logs, 6);
  // Its first file only comes now.
  directory.append('webhooks.log', line(7, 'g'));
  await has(logs, 7);
  logs.signal('SIGINT');
  expect(await logs.exit).toEqual({
    code: 0,
    stderr: '',
    lines: [1, 2, 3, 4, 5, 6, 7].map((second) => line(second, 'abcdefg'[second - 1] ?? '')),
  });
});

test('--follow with --lines and --request counts and filters what is there, and waits for files', async () => {
  directory.write('webhooks.log', [line(1, 'a', uuid), line(2, 'b', uuid), line(3, 'c')]);
  const logs = directory.start(['webhooks', 'publish_sync', '--follow', '--request', hex, '-n1']);
  await has(logs, 1);
  expect(logs.stderr()).toBe(
    `reqlens logs: publish_sync has no file yet: ${directory.logs}/publish_sync.log; waiting for it\n`,
  );
  const later = new Date(Date.now() + 60_000).toISOString();
  directory.append('publish_sync.log', JSON.stringify({ time: later, request_id: 'other' }));
  directory.append('publish_sync.log', JSON.stringify({ time: later, request_id: uuid }));
  await has(logs, 2);
  logs.signal('SIGTERM');
  expect(await logs.exit).toMatchObject({
    code: 0,
    lines: [line(2, 'b', uuid), JSON.stringify({ time: later, request_id: uuid })],
  });
});

test('the end of whoever reads ends it quietly, in the middle of a file and while following', async () => {
  directory.write(
    'webhooks.log',
    Array.from({ length: 20_000 }, (_, index) => line(1, `line ${index}`)),
  );
  const head = directory.start(['webhooks']);
  await has(head, 1);
  head.closeOutput();
  expect(await head.exit).toMatchObject({ code: 0, stderr: '' });
  const following = directory.start(['publish_sync', '-f']);
  await following.until(() => following.stderr().includes('waiting'));
  directory.append('publish_sync.log', line(1, 'a'));
  await has(following, 1);
  following.closeOutput();
  directory.append('publish_sync.log', line(2, 'b'));
  expect((await following.exit).code).toBe(0);
});

async function has(logs: RunningLogs, count: number): Promise<void> {
  await logs.until(() => logs.lines().length >= count);
}
