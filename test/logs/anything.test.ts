/** Whatever JavaScript can pass becomes one line of valid JSON, throws nothing, and says what could be read. */
import { beforeAll, describe, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';

type Fields = Readonly<Record<string, unknown>>;

let exit: AppExit;
let raw: readonly string[];
let byMessage: ReadonlyMap<unknown, Fields>;

beforeAll(async () => {
  exit = await runApp('test/logs/apps/anything.mjs', {
    env: { OTEL_LOGS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
  });
  raw = exit.stdout.trimEnd().split('\n');
  byMessage = new Map(raw.map((text) => JSON.parse(text)).map((fields: Fields) => [fields['msg'], fields]));
});

/** Fields of the line beyond those that every line has. */
function logged(message: unknown): Fields {
  const { level, time, logger, pid, hostname, msg, ...rest } = byMessage.get(message) ?? {};
  expect({ level, time, logger, pid, hostname, msg }).toEqual({
    level: expect.stringMatching(/^(?:info|error)$/),
    time: expect.stringMatching(/^\d{4}-/),
    logger: 'publish_sync',
    pid: expect.any(Number),
    hostname: expect.any(String),
    msg: message,
  });
  return rest;
}

test('nothing is thrown, every call gives one line of JSON, and no key is in a line twice', () => {
  expect(exit.code).toBe(0);
  expect(raw.filter((text) => text.startsWith('thrown'))).toEqual([]);
  expect(raw).toHaveLength(35);
  for (const text of raw) {
    const keys = topLevelKeys(text);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index && keys.length < 1000)).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  }
});

/** Keys of the object itself, as they are written. */
function topLevelKeys(text: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?<colon>:?)|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && token.endsWith(':')) keys.push(token.slice(0, -1));
  }
  return keys;
}

test('only one mistake of the application is reported: the level of a child that does not exist', () => {
  expect(exit.stderr.match(/^reqlens: .*$/gm)).toEqual([
    expect.stringMatching(
      /^reqlens: logs: the options of a child logger cannot be used, and were left out Error: unknown level no such level/,
    ),
  ]);
});

describe('what can be read is written', () => {
  const expected: readonly (readonly [unknown, Fields])[] = [
    ['getter', { broken: '[cannot be read: boom]', whole: 1 }],
    ['deepGetter', { outer: { broken: '[cannot be read: deep]', whole: 1 } }],
    ['proxy', { log_error: 'fields [cannot be read: no keys]' }],
    ['proxyValue', { refusing: '[cannot be read: no prototype]' }],
    ['proxyBinding', { refusing: '[cannot be read: no prototype]' }],
    ['proxyBindings', { log_error: 'fields [cannot be read: no keys]' }],
    ['toString %s', { args: [{}] }],
    ['toJson', { value: { toJSON: '[Function]', a: 1 } }],
    ['undefinedJson', { next: 1 }],
    ['Symbol(symbolMessage)', {}],
    ['symbolValue', { value: 'Symbol(s)' }],
    ['bigint', { value: Number('12345678901234567890'), deep: { value: 1 } }],
    [5, {}],
    ['circular', { circular: { name: 'c', self: '[Circular]' } }],
    [
      'hostileErrorField',
      { err: { type: 'Error', message: '[cannot be read: no message]', stack: '[cannot be read: no message]' } },
    ],
    ['serializer', { value: { a: 1 } }],
    ['formatter', { bound: 1, value: 1 }],
    ['childLevel', { bound: 1 }],
    ['childNull', {}],
    ['setBindings', { later: 1, 'app.pid': 0 }],
    ['array', { 0: 1, 1: 'two' }],
    ['bare', { value: 1 }],
    ['map', { map: {}, date: '1970-01-01T00:00:00.000Z', nan: null }],
    ['ownMessage', {}],
    [null, {}],
  ];
  for (const [message, fields] of expected) {
    test(`as expected: ${JSON.stringify(message)}`, () => {
      expect(logged(message)).toEqual(fields);
    });
  }

  test('an error without a readable message is logged with what can be read of it', () => {
    const lines = raw
      .map((text): Fields => JSON.parse(text))
      .filter(({ msg, err }) => msg === undefined && err !== undefined);
    expect(lines.map(({ err }) => err)).toEqual([
      { type: 'Error', message: '[cannot be read: no message]', stack: '[cannot be read: no message]' },
    ]);
  });

  test('a number beyond 2^53 keeps its digits', () => {
    expect(raw.find((text) => text.includes('"msg":"bigint"'))).toContain('"value":12345678901234567890,');
  });
});

test('control characters, line separators and marks that reorder text are escaped; letters and emoji are not', () => {
  expect(raw.find((text) => text.includes('"msg":"controls '))).toContain(
    String.raw`"k\u0085":"v\u202ev\u007f","msg":"controls \u0000\n\r\u001b[31m\u009b\u2028\u2066 é 😀"`,
  );
  expect(logged('controlsLong')).toEqual({ value: '\u202E'.repeat(200) });
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(exit.stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/);
});

test('fields and bindings with our names are written under other names', () => {
  expect(logged('spoofed')).toEqual({
    shop: 'north',
    'app.level': 'child',
    'app.request_id': 'x',
    'app.trace_id': 'x',
    'app.time': 'x',
    'app.pid': 0,
    'app.logger': 'x',
    'app.msg': 'x',
    'app.account_id': 'x',
  });
});

test('secrets are redacted at any depth and in any case; everything beside them is kept', () => {
  const line = raw.find((text) => text.includes('"msg":"secrets '));
  expect(line).toContain('"n":12345678901234567890');
  expect(logged('secrets "password": kept')).toEqual({
    Password: '[Redacted]',
    kept: 1,
    token: '[Redacted]',
    headers: {
      Authorization: '[Redacted]',
      Cookie: '[Redacted]',
      'set-cookie': '[Redacted]',
      host: 'kept',
      n: Number('12345678901234567890'),
    },
    list: [{ secret: '[Redacted]' }],
    err: { type: 'Error', message: 'kept', stack: expect.any(String), password: '[Redacted]' },
  });
});

describe('no line is endless', () => {
  test('every line fits', () => {
    expect(Math.max(...raw.map(({ length }) => length))).toBeLessThanOrEqual(1_048_576);
  });

  test('texts of 50 MB are cut, with a mark that says how long they were', () => {
    const { huge, msg } = [...byMessage.values()].find((each) => each['huge'] !== undefined) ?? {};
    expect(huge).toMatch(/^x{1000,}…\[cut, 50000000 characters\]$/);
    expect(msg).toMatch(/^y{1000,}…\[cut, 50000000 characters\]$/);
  });

  test('a huge text within an object is cut, and its neighbours are kept', () => {
    expect(logged('hugeDeep')).toEqual({
      deep: { list: [expect.stringMatching(/^x{1000,}…\[cut, 5000000 characters\]$/)] },
      small: 'kept',
    });
  });

  test('of very many fields as many as fit are written, and the others are counted', () => {
    const fields = logged('hugeMany');
    const count = Object.keys(fields).length - 1;
    expect(count).toBeGreaterThan(10_000);
    expect(fields['log_error']).toBe(`cut, ${100_000 - count} fields left out`);
  });
});
