/** The application's own pino and console lines at the receiver; what stands on the console is the same with and without. */
import { describe, expect, test } from 'vitest';

import { logsOf } from '../support/otlp-json.ts';
import type { PlainLogRecord } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { runApp } from '../support/run-app.ts';

interface Run {
  readonly records: readonly PlainLogRecord[];
  readonly stdout: string;
  readonly stderr: string;
}

async function run(bridges: string, ways: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const receiver = await startOtlpReceiver();
  try {
    const exit = await runApp('test/logs/apps/bridged.mjs', {
      args: ways,
      nodeArgs: ['--import', './test/logs/apps/bridging.mjs'],
      env: {
        BRIDGES: bridges,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_TRACES_EXPORTER: 'none',
        REQLENS_SHUTDOWN_TIMEOUT: '10000',
        ...env,
      },
    });
    expect(exit.code).toBe(0);
    return { records: logsOf(receiver.requests), stdout: exit.stdout, stderr: exit.stderr };
  } finally {
    await receiver.close();
  }
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** What every record of these requests carries. */
const identity = {
  'reqlens.request.id': expect.stringMatching(uuid),
  'user.id': 'u1',
  'reqlens.account.id': 'north',
  'log.record.uid': expect.any(String),
};
const exception = {
  'exception.type': 'TypeError',
  'exception.message': 'boom',
  'exception.stacktrace': 'TypeError: boom\n    at here',
};

describe('pino', () => {
  test('levels are severities, `name` is the scope, ids and caller are those of the request', async () => {
    const { records, stderr } = await run('pino', ['levels']);
    expect(stderr).toBe('');
    expect(records.map(({ severityNumber, severityText, body }) => [severityNumber, severityText, body])).toEqual([
      [1, 'TRACE', 'at trace'],
      [5, 'DEBUG', 'at debug'],
      [9, 'INFO', 'at info'],
      [9, 'AUDIT', 'at audit'],
      [13, 'WARN', 'at warn'],
      [17, 'ERROR', 'at error'],
      [21, 'FATAL', 'at fatal'],
    ]);
    expect(new Set(records.map(({ scope }) => scope))).toEqual(new Set(['shop']));
    for (const { attributes, traceId, spanId } of records) {
      expect(attributes).toEqual({ ...identity, count: 1 });
      expect(traceId).toBe(String(attributes['reqlens.request.id']).replaceAll('-', ''));
      expect(spanId).toMatch(/^[\da-f]{16}$/);
    }
  });

  test('fields keep their types, errors become exception.*, nothing passes for ours', async () => {
    const { records } = await run('pino', ['fields', 'throwing', 'long']);
    expect(records.map(({ scope, body }) => [scope, String(body).slice(0, 40)])).toEqual([
      ['pino', 'fields'],
      ['pino', 'boom'],
      ['pino', 'with an error'],
      ['pino', 'no error'],
      ['pino', 'its own ids'],
      ['pino', expect.stringMatching(/^\{"level":30/)],
      ['pino', 'after a serializer that throws'],
      ['pino', expect.stringMatching(/^\{"level":30/)],
    ]);
    const [fields, boom, withError, noError, ownIds, symbol, , long] = records;
    const prototype = { 'app.__proto__': { 'user.id': 'spoofed' } };
    expect(fields?.attributes).toEqual({ ...identity, ...prototype, list: [1, 'two'], deep: { er: true } });
    expect(Math.abs(Number(fields?.timeMs) - Date.now())).toBeLessThan(60_000);
    expect(boom?.attributes).toEqual({ ...identity, ...exception, err: { code: 'E1' } });
    expect(withError?.attributes).toEqual({ ...identity, ...exception, err: { code: 'E1' }, postId: 7 });
    expect(noError?.attributes).toEqual({ ...identity, err: 'only text' });
    expect(ownIds?.attributes).toEqual({ ...identity, request_id: 'of another system', trace_flags: '07' });
    expect(symbol?.attributes).toEqual(identity);
    expect(String(long?.body)).toMatch(/x… \(cut: 100\d{3} characters\)$/);
    expect(String(long?.body).length).toBeLessThan(65_600);
  });

  test('other keys, redaction, serializers, copies of pino and names of children are respected', async () => {
    const { records } = await run('pino', ['keys']);
    const named = records.filter(({ body }) => body !== 'made up');
    // A request to the receiver has its records by scope.
    expect(Object.fromEntries(named.map(({ body, scope }) => [body, scope]))).toEqual({
      'other keys': 'keys',
      'kept out': 'pino',
      'another copy': 'cjs',
      'of a child': 'parent',
      renamed: 'renamed',
      'renamed again': 'again',
      'a field called name': 'parent',
    });
    const attributesOf = (body: string): unknown => named.find((record) => record.body === body)?.attributes;
    expect(attributesOf('other keys')).toEqual({ ...identity, ...exception, problem: { code: 'E1' } });
    expect(attributesOf('kept out')).toEqual({ ...identity, secret: '[Redacted]', user: 'somebody' });
    expect(attributesOf('of a child')).toEqual({ ...identity, shelf: 7 });
    expect(new Set(records.map(({ scope }) => scope)).size).toBe(200);
    expect(records).toHaveLength(307);
  });

  test('the time is that of the line where its clock can be believed', async () => {
    const { records } = await run('pino', ['times']);
    const soon = records.map(({ timeMs }) => (Math.abs(timeMs - Date.now()) < 60_000 ? 'now' : timeMs));
    expect(soon).toEqual([1763932800123, 1763932800000, 1763932800123, 1763932800123.4568, 'now', 'now']);
  });
});

describe('console', () => {
  test('the text is that of the console, the first error gives exception.*', async () => {
    const { records, stderr, stdout } = await run('console', ['console']);
    expect(records.map(({ severityNumber, severityText, body }) => [severityNumber, severityText, body])).toEqual([
      [5, 'DEBUG', 'debug 1'],
      [9, 'INFO', 'log { deep: { er: true } } [ 1, 2 ]'],
      [9, 'INFO', 'info and {"json":true}'],
      [13, 'WARN', ''],
      [17, 'ERROR', "failed: TypeError: boom\n    at here {\n  code: 'E1'\n}"],
      [17, 'ERROR', expect.stringMatching(/^Trace: where\n {4}at /)],
      [13, 'WARN', 'Assertion failed: asserted'],
      [9, 'INFO', 'another console'],
    ]);
    expect(new Set(records.map(({ scope }) => scope))).toEqual(new Set(['console']));
    for (const [index, { attributes }] of records.entries())
      expect(attributes).toEqual(index === 4 ? { ...identity, ...exception } : identity);
    const bare = await run('', ['console']);
    expect({ ...bare, stderr: bare.stderr.length }).toEqual({ stdout, stderr: stderr.length, records: [] });
  });

  test('hostile values throw as ever or are shown, nested lines are not sent, long ones are cut', async () => {
    const { records, stdout, stderr } = await run('console', ['hostile']);
    expect(stderr).toBe('plain\n');
    const bare = await run('', ['hostile']);
    expect(stdout.replaceAll('while being shown\n', '')).toBe(bare.stdout.replaceAll('while being shown\n', ''));
    expect(records.map(({ body }) => String(body).slice(0, 30))).toEqual(
      [
        // How a Proxy whose traps throw is shown, if it is, depends on the version of Node.
        ...(stdout.match(/^hostile .*$/gm) ?? []),
        'shows itself shown',
        'while being shown',
        'plain',
        'x'.repeat(30),
        'y'.repeat(30),
        '10n Symbol(s) null undefined -0',
      ].map((body) => body.slice(0, 30)),
    );
    const [x, y] = records.filter(({ body }) => /^[xy]{30}/.test(String(body)));
    expect(x?.body).toBe(`${'x'.repeat(65_536)}… (cut: 100000 characters)`);
    expect(y?.body).toBe(`${'y'.repeat(65_535)}… (cut: 65537 characters)`);
  });
});

describe('both', () => {
  test('lines of named loggers are sent once', async () => {
    const { records } = await run('pino console', ['named']);
    expect(records.map(({ scope, body }) => [scope, body])).toEqual([
      ['publish_sync', 'by a named logger'],
      ['publish_sync', 'by its child'],
    ]);
  });

  test('exporters and diagnostics that print to the console make no records', async () => {
    const printing = { OTEL_LOGS_EXPORTER: 'otlp,console', OTEL_TRACES_EXPORTER: 'console' };
    const { records, stdout } = await run('pino console', ['diagnostics'], printing);
    const bodies = records.map(({ body }) => String(body));
    expect(bodies.filter((body) => !body.startsWith('@opentelemetry/'))).toEqual(['one', 'two']);
    expect(stdout.match(/body: '(?:one|two)'/g)).toHaveLength(2);
  });

  test('without the switches nothing is sent', async () => {
    expect((await run('', ['levels', 'diagnostics'])).records).toEqual([]);
  });
});
