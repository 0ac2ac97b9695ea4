/** Named loggers: what stands on the console, and what arrives at the receiver. */
import { describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Written {
  readonly lines: readonly Fields[];
  /** What the application printed itself. */
  readonly printed: readonly unknown[];
  /** Log records as they came, in OTLP's JSON. */
  readonly records: readonly Fields[];
  readonly stderr: string;
  readonly code: number | undefined;
}

async function written(args: readonly string[], env: Record<string, string> = {}): Promise<Written> {
  const receiver = await startScriptedReceiver();
  const exit = await runApp('test/logs/apps/named.mjs', {
    args,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_SHUTDOWN_TIMEOUT: '15000',
      ...env,
    },
  });
  await receiver.close();
  const all = exit.stdout.trimEnd().split('\n');
  return {
    lines: all.filter((line) => line.startsWith('{')).map(fieldsOf),
    printed: all.filter((line) => line.startsWith('printed ')).map((line): unknown => JSON.parse(line.slice(8))),
    records: receiver.requests.filter(({ path }) => path === '/v1/logs').flatMap(({ json }) => recordsOf(json)),
    stderr: exit.stderr,
    code: exit.code,
  };
}

function fieldsOf(line: string): Fields {
  return JSON.parse(line);
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly scope: Fields; readonly logRecords: readonly RawRecord[] }[];
  }[];
}
type RawRecord = Fields & { readonly attributes?: readonly { readonly key: string; readonly value: unknown }[] };

function recordsOf(json: unknown): Fields[] {
  const { resourceLogs }: LogsRequest = JSON.parse(JSON.stringify(json));
  return resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map(({ attributes = [], ...record }) => ({
        ...record,
        scope: scope['name'],
        attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, value])),
      })),
    ),
  );
}

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('on the console', () => {
  test('a line outside a request has its level by name, ISO time, logger, process and host, and no ids', async () => {
    const { lines, stderr } = await written(['levels']);
    expect(stderr).toBe('');
    expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'error', 'fatal']);
    expect(lines[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(isoTime),
      logger: 'publish_sync',
      pid: expect.any(Number),
      hostname: expect.any(String),
      count: 1,
      msg: 'at info',
    });
  });

  test('a line within a request has its request, trace and span id', async () => {
    const { lines, records } = await written(['child', 'request']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'warn',
      shop: 'north',
      shelf: 7,
      count: 2,
      msg: 'from a child',
      request_id: expect.stringMatching(uuid),
      trace_id: expect.stringMatching(/^[\da-f]{32}$/),
      span_id: expect.stringMatching(/^[\da-f]{16}$/),
      trace_flags: '01',
    });
    expect(String(lines[0]?.['request_id']).replaceAll('-', '')).toBe(lines[0]?.['trace_id']);
    expect(records[0]).toMatchObject({ traceId: lines[0]?.['trace_id'], spanId: lines[0]?.['span_id'], flags: 1 });
    expect(records[0]?.['attributes']).toMatchObject({
      'reqlens.request.id': { stringValue: lines[0]?.['request_id'] },
    });
  });

  for (const { level, count } of [
    { level: 'trace', count: 6 },
    { level: 'error', count: 2 },
    { level: 'silent', count: 0 },
  ]) {
    test(`REQLENS_LOG_LEVEL=${level} writes ${count} of six levels`, async () => {
      const { lines, records } = await written(['levels'], { REQLENS_LOG_LEVEL: level });
      expect(lines).toHaveLength(count);
      expect(records).toHaveLength(count);
    });
  }
});

describe('at the receiver', () => {
  test('levels become severities, the name the scope, the time the timestamp', async () => {
    const { lines, records } = await written(['levels'], { REQLENS_LOG_LEVEL: 'trace' });
    expect(records.map(({ severityNumber, severityText }) => [severityNumber, severityText])).toEqual([
      [1, 'TRACE'],
      [5, 'DEBUG'],
      [9, 'INFO'],
      [13, 'WARN'],
      [17, 'ERROR'],
      [21, 'FATAL'],
    ]);
    expect(new Set(records.map(({ scope }) => scope))).toEqual(new Set(['publish_sync']));
    const times = records.map(({ timeUnixNano }) => String(timeUnixNano));
    expect(times.map((time) => time.slice(0, -6))).toEqual(lines.map(({ time }) => String(Date.parse(String(time)))));
    // Lines of one millisecond are nanoseconds apart, so that whoever sorts by time has them in order.
    expect(times).toEqual([...new Set(times)].toSorted());
    expect(records[0]?.['body']).toEqual({ stringValue: 'at trace' });
    expect(new Set(records.map(({ attributes }) => JSON.stringify(Object(attributes)['log.record.uid']))).size).toBe(6);
  });

  test('an error becomes exception.type, message and stacktrace', async () => {
    const { records } = await written(['error']);
    expect(records[0]?.['attributes']).toMatchObject({
      'exception.type': { stringValue: 'TypeError' },
      'exception.message': { stringValue: expect.stringMatching(/^boom/) },
      'exception.stacktrace': {
        stringValue: expect.stringMatching(/^TypeError: boom\n {4}at .*\ncaused by: Error: why\n/s),
      },
    });
    expect(records[0]?.['body']).toEqual({ stringValue: 'failed' });
  });

  test('values keep their types', async () => {
    const { records } = await written(['nested']);
    expect(records[0]?.['body']).toEqual({ stringValue: 'values of many kinds' });
    expect(records[0]?.['attributes']).toMatchObject({
      list: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'two' }, {}] } },
      deep: { kvlistValue: { values: [{ key: 'er', value: { boolValue: true } }] } },
      big: { doubleValue: 1.5 },
    });
  });

  test('fields that take the names of ours mislead nobody, and harm no other record', async () => {
    const { records, stderr, code } = await written(['spoofed', 'request']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(records.map(({ body }) => body)).toEqual([{ stringValue: 'spoofed' }, { stringValue: 'after spoofed' }]);
    expect(records[0]).toMatchObject({ severityNumber: 9, severityText: 'INFO', scope: 'publish_sync' });
    expect(Math.abs(Number(records[0]?.['timeUnixNano']) / 1e6 - Date.now())).toBeLessThan(60_000);
    expect(records[0]?.['traceId']).toMatch(/^[\da-f]{32}$/);
  });
});

describe('names', () => {
  test('a name that cannot name a logger is refused with a code', async () => {
    const { printed, lines, stderr } = await written(['names']);
    expect(printed).toHaveLength(8);
    for (const error of printed) expect(error).toMatchObject({ name: 'ReqlensError', code: 'LOGGER_NAME_INVALID' });
    expect(printed[1]).toMatchObject({
      message:
        'cannot make a logger named "-x": a name is 1-64 letters, digits, "_", "." or "-", and begins with a letter or digit',
    });
    expect(lines.map(({ msg }) => msg)).toEqual(['a good name']);
    expect(stderr).toMatch(
      /^reqlens: the logger A\.b-c_9x* has no settings, so its lines go to no file; add it to REQLENS_LOGGERS to give it one\n$/,
    );
  });

  test('the same name is the same logger', async () => {
    expect((await written(['same'])).printed).toEqual([true]);
  });
});
