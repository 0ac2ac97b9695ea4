/** `reqlens collector` as a process: settings, ports, directories, signals, restarts. */
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { collectorSettings, readCollectorSettings } from '../../collector/settings.ts';
import {
  api,
  ask,
  type CollectorProcess,
  postJson,
  runCli,
  startCollectorProcess,
  temporaryFolder,
} from './collector-process.ts';
import { logsJson, spanJson, tracesJson } from './otlp-samples.ts';

const idOf = (number: number): string => (number + 1).toString(16).padStart(32, '0');
const send = async (collector: CollectorProcess, number: number): Promise<number> =>
  (await postJson(collector, '/v1/traces', tracesJson([spanJson(idOf(number), '00f067aa0ba902b7')]))).status;

test('what was acknowledged is there after SIGTERM and a restart, and the journal is in the file', async () => {
  const folder = join(temporaryFolder(), 'made', 'by', 'it');
  const first = await startCollectorProcess(`--data-dir=${folder}`);
  expect(await send(first, 1)).toBe(200);
  await postJson(first, '/v1/logs', logsJson([{ traceId: idOf(1), body: { stringValue: 'kept' } }]));
  expect(first.output()).toContain(`data are kept in ${join(folder, 'telemetry.db')}, at most 72 h and 1024 MB`);
  expect(await first.stop()).toStrictEqual({ code: 0, signal: null });
  expect(readdirSync(folder)).toStrictEqual(['telemetry.db']);
  const second = await startCollectorProcess(`--data-dir=${folder}`);
  expect((await api(second, `/api/traces/${idOf(1)}`)).json).toMatchObject({ spans: [{}], logs: [{ body: 'kept' }] });
  expect((await api(second, '/api/stats')).json).toMatchObject({ spans: 1, logRecords: 1, services: ['shop'] });
});

test('what was acknowledged is there after SIGKILL in the middle of work', async () => {
  const folder = temporaryFolder();
  const first = await startCollectorProcess(`--data-dir=${folder}`);
  let acknowledged = 0;
  const lanes = [0, 1, 2, 3].map(async (lane) => {
    for (let number = lane; ; number += 4) {
      if ((await send(first, number)) !== 200) throw new Error('refused');
      acknowledged += 1;
      if (acknowledged === 100) first.child.kill('SIGKILL');
    }
  });
  const ended = await Promise.allSettled(lanes);
  expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
  const second = await startCollectorProcess(`--data-dir=${folder}`);
  const { json } = await api(second, '/api/stats');
  expect(acknowledged).toBeGreaterThanOrEqual(100);
  // One more for each lane may be stored whose acknowledgement got lost.
  const spans = typeof json === 'object' && json !== null && 'spans' in json ? Number(json.spans) : 0;
  expect([0, 1, 2, 3, 4].map((more) => acknowledged + more)).toContain(spans);
  expect(second.output()).not.toContain('could not be used');
});

test('a request under way when SIGTERM comes is stored and answered', async () => {
  const folder = temporaryFolder();
  const collector = await startCollectorProcess(`--data-dir=${folder}`);
  const body = JSON.stringify(tracesJson([spanJson(idOf(7), '00f067aa0ba902b7')]));
  const socket = connect(Number(new URL(collector.otlpUrl).port), '127.0.0.1');
  const head = `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`;
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.write(head);
  while (!answer.includes('100 Continue')) await once(socket, 'data');
  const stopped = collector.stop();
  while ((await ask(`${collector.viewerUrl}/api/stats`).catch(() => undefined)) !== undefined);
  socket.write(body);
  await once(socket, 'close');
  expect(answer).toContain('HTTP/1.1 200 OK');
  expect(await stopped).toStrictEqual({ code: 0, signal: null });
  const again = await startCollectorProcess(`--data-dir=${folder}`);
  expect((await api(again, `/api/traces/${idOf(7)}`)).status).toBe(200);
});

test('a second collector on the same directory says so and leaves the first alone', async () => {
  const folder = temporaryFolder();
  const first = await startCollectorProcess(`--data-dir=${folder}`);
  const { code, stderr } = await runCli(['collector', '--otlp-port=0', '--viewer-port=0', `--data-dir=${folder}`]);
  expect([code, stderr]).toStrictEqual([
    1,
    `reqlens collector: cannot use ${join(folder, 'telemetry.db')}: another process, most likely a reqlens collector, is using it; choose another directory with --data-dir or REQLENS_COLLECTOR_DATA_DIR, or keep nothing on disk with --memory\n`,
  ]);
  expect(await send(first, 1)).toBe(200);
});

test('a taken port is named, with who has it and how to choose another', async () => {
  const holder = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  onTestFinished(() => void holder.close());
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, stderr } = await runCli(['collector', `--otlp-port=${port}`, '--viewer-port=0', '--memory']);
  expect(code).toBe(1);
  expect(stderr).toContain(`reqlens collector: port ${port} on 127.0.0.1 is taken`);
  expect(stderr).toContain('; choose another with --otlp-port or REQLENS_COLLECTOR_OTLP_PORT (0 takes a free one)\n');
  expect(stderr).toContain(process.platform === 'linux' ? ` by process ${process.pid} (` : ' is taken;');
});

test('a port taken by another reqlens collector is recognised', async () => {
  const first = await startCollectorProcess('--memory');
  const { port } = new URL(first.viewerUrl);
  const { code, stderr } = await runCli(['collector', '--otlp-port=0', `--viewer-port=${port}`, '--memory']);
  expect(code).toBe(1);
  expect(stderr).toContain(`port ${port} on 127.0.0.1 is taken by another reqlens collector`);
  expect(stderr).toContain('--viewer-port or REQLENS_COLLECTOR_VIEWER_PORT');
});

test('--memory writes nothing to disk', async () => {
  const folder = temporaryFolder();
  const collector = await startCollectorProcess('--memory', `--data-dir=${join(folder, 'data')}`);
  expect(await send(collector, 1)).toBe(200);
  expect(existsSync(join(folder, 'data'))).toBe(false);
  expect((await api(collector, '/api/stats')).json).toMatchObject({ spans: 1, storedBytes: 0 });
});

test.each([
  [['--otlp-port', 'x'], {}, '--otlp-port: expected a whole number from 0 to 65535, got "x"'],
  [['--viewer-port=65536'], {}, '--viewer-port: expected a whole number from 0 to 65535, got "65536"'],
  [['--otlp-port='], {}, '--otlp-port: expected a whole number from 0 to 65535, got ""'],
  [
    [],
    { REQLENS_COLLECTOR_MAX_MB: '1.5' },
    'REQLENS_COLLECTOR_MAX_MB: expected a whole number from 1 to 1048576, got "1.5"',
  ],
  [
    [],
    { REQLENS_COLLECTOR_RETENTION_HOURS: '0' },
    'REQLENS_COLLECTOR_RETENTION_HOURS: expected a whole number from 1 to 876000, got "0"',
  ],
  [
    ['--otlp-port=4400', '--viewer-port=4400'],
    {},
    '--otlp-port and --viewer-port: expected two different ports, got 4400 for both',
  ],
  [['--nonsense'], {}, "Unknown option '--nonsense' (see reqlens collector --help)"],
  [['--memory=yes'], {}, "Option '--memory' does not take an argument (see reqlens collector --help)"],
  [
    ['extra'],
    {},
    "Unexpected argument 'extra'. This command does not take positional arguments (see reqlens collector --help)",
  ],
])('bad settings %j %j end with code 2 and one line', async (flags, env, message) => {
  const { code, stdout, stderr } = await runCli(['collector', ...flags], env);
  expect([code, stdout, stderr]).toStrictEqual([2, '', `reqlens collector: ${message}\n`]);
});

test('a flag wins over its variable, blank variables mean the default, and the data directory follows XDG', () => {
  const env = { REQLENS_COLLECTOR_OTLP_PORT: '5000', REQLENS_COLLECTOR_MAX_MB: ' ', XDG_DATA_HOME: '/xdg' };
  expect(readCollectorSettings(['--otlp-port=6000'], env)).toStrictEqual({
    otlpPort: 6000,
    viewerPort: 4319,
    dataDir: '/xdg/reqlens',
    retentionHours: 72,
    maxMb: 1024,
  });
  expect(readCollectorSettings([], env)).toMatchObject({ otlpPort: 5000 });
  expect(readCollectorSettings(['--memory'], {})).toMatchObject({ dataDir: undefined });
  expect(readCollectorSettings([], { XDG_DATA_HOME: 'relative' })).toMatchObject({
    dataDir: expect.stringMatching(/\.local\/share\/reqlens$/),
  });
});

test('--help names every setting and every variable', async () => {
  const { code, stdout } = await runCli(['collector', '--help']);
  expect(code).toBe(0);
  for (const { flag, variable = '' } of collectorSettings)
    expect(stdout).toContain(variable === '' ? `--${flag}` : variable);
});

test('the command line helps, tells its version, and guesses what was meant', async () => {
  expect(await runCli(['--version'])).toStrictEqual({
    code: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  });
  expect(await runCli(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('collector') });
  expect(await runCli(['colector'])).toStrictEqual({
    code: 2,
    stdout: '',
    stderr: 'reqlens: expected a command (collector, logs, token), got "colector"; did you mean collector?\n',
  });
  expect(await runCli(['qqqqqq'])).toMatchObject({
    code: 2,
    stderr: 'reqlens: expected a command (collector, logs, token), got "qqqqqq"; see reqlens --help\n',
  });
});
