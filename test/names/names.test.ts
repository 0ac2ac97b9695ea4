/** Names that every object has (`constructor`, `toString`), wherever a name may be chosen: they are names as any other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { missingRedis, startTcpRedis } from '../access/redis.ts';
import { token } from '../access/tokens.ts';
import { fieldsOf, startAccessApp } from '../access/started-app.ts';
import { readLevels } from '../../src/config/logger-levels.ts';
import { getLogger } from '../../src/logs/named-logger.ts';
import { api, postJson, startCollectorProcess } from '../collector/collector-process.ts';
import { attributesJson, spanJson, tracesJson } from '../collector/otlp-samples.ts';
import { logsOf, spansOf } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';

/** All that every object inherits and that a logger may be named. */
const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable'];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'reqlens-names-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a logger may have any such name, also before anything has started', () => {
  for (const name of [...names, 'toLocaleString']) expect(getLogger(name).level).toBe('info');
});

test.each(['json', 'yaml'] as const)('the levels of a file in %s are those of its names, and of no others', (kind) => {
  const file = join(folder(), `loggers.${kind}`);
  const [first = '', second = ''] = names;
  const text = {
    json: `{"loggers":{"${first}":{"level":"warn"},"__proto__":{"level":"debug"}}}`,
    yaml: `loggers:\n  ${first}:\n    level: warn\n  __proto__:\n    level: debug`,
  };
  writeFileSync(file, text[kind]);
  const { levels, problems } = readLevels(file);
  expect(Object.entries(levels)).toEqual([[first, 'warn']]);
  expect(levels[second]).toBeUndefined();
  expect(problems.map(({ inFile }) => inFile?.key)).toEqual(['loggers.__proto__']);
});

const fields = Object.fromEntries(names.map((name) => [name, `of ${name}`]));

/** Runs the application to its end, and looks into its files. */
async function runNamedApp(endpoint: string, protocol: string): Promise<void> {
  const directory = folder();
  const app = await startApp('test/names/apps/named-app.mjs', {
    args: names,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_RESOURCE_ATTRIBUTES: names.map((name) => `${name}=of ${name}`).join(','),
      REQLENS_LOGGERS: names.map((name) => `${name}:level=debug:console=false`).join(','),
      REQLENS_LOG_DIR: directory,
      // The helper thread of the exit needs more than the default of 1 s on a busy machine.
      REQLENS_SHUTDOWN_TIMEOUT: '10000',
    },
  });
  await app.get('/all');
  await app.get('/bye');
  const { code, stderr } = await app.exit;
  expect([code, stderr]).toEqual([0, '']);
  for (const name of names) {
    const lines = readFileSync(join(directory, `${name}.log`), 'utf8')
      .trimEnd()
      .split('\n');
    const parsed: Readonly<Record<string, unknown>>[] = lines.map((line) => JSON.parse(line));
    expect(parsed.map(({ msg }) => msg)).toEqual(['at debug', `of ${name}`]);
    for (const line of parsed) expect(line).toMatchObject({ ...fields, logger: name });
  }
}

test('loggers, files, fields, tasks, scopes and attributes have them in JSON', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(async () => receiver.close());
  await runNamedApp(receiver.url, 'http/json');
  const spans = spansOf(receiver.requests);
  for (const name of names) {
    expect(spans.filter((span) => span.scope === name).map((span) => [span.name, span.attributes])).toEqual([
      [name, { ...fields, 'reqlens.request.id': expect.any(String) }],
    ]);
    expect(spans.filter((span) => span.name === name && span.scope !== name)).toHaveLength(1);
    const records = logsOf(receiver.requests).filter(({ scope }) => scope === name);
    expect(records.map(({ body }) => body)).toEqual(['at debug', `of ${name}`]);
    for (const record of records) expect(record.attributes).toMatchObject(fields);
  }
  expect(spans.every(({ resource }) => names.every((name) => resource[name] === `of ${name}`))).toBe(true);
});

test('loggers, files, fields, tasks, scopes and attributes have them in protobuf', async () => {
  const collector = await startCollectorProcess('--memory');
  await runNamedApp(collector.otlpUrl, 'http/protobuf');
  // A request has a span, and each name a task's and one within it; and two lines.
  const { json } = await api(collector, '/api/stats');
  expect(json).toMatchObject({ spans: 2 + names.length * 2, logRecords: names.length * 2 });
});

const redis = missingRedis();
const stores = ['memory', 'redis'] as const;

describe.each(stores)('usage kept in %s', (store) => {
  test.skipIf(store === 'redis' && redis !== undefined)(
    'is found by such an id, by callers with such roles',
    async () => {
      const server = store === 'redis' ? await startTcpRedis() : undefined;
      onTestFinished(async () => server?.remove());
      const app = await startAccessApp(
        {
          REQLENS_PRIVILEGED_ROLES: 'admin,constructor',
          REQLENS_JWT_ROLES_CLAIM: 'constructor.__proto__',
          REQLENS_TRUST_REQUEST_ID: 'always',
          ...(server === undefined ? {} : { REQLENS_USAGE_STORE: server.url }),
        },
        `test/names/apps/named-app.mjs ${names.join(' ')}`,
      );
      const own = JSON.parse('{"constructor":{"__proto__":["constructor"]}}');
      const tokens = {
        right: token({ claims: own }),
        wrong: token({ claims: { roles: ['constructor'], sub: 'constructor' } }),
      };
      for (const id of [...names, '__proto__']) {
        const response = await app.raw({
          path: '/caller?name=constructor',
          headers: { 'X-Request-ID': id, 'X-Debug-Resource-Tracking': '1' },
        });
        expect(fieldsOf(response)).toMatchObject({ 'x-request-id': id, 'x-resource-tracking-id': id });
        const ask = async (bearer: string): Promise<number> => {
          const answer = await fetch(`${app.url}/internal/usage/${id}`, {
            headers: { authorization: `Bearer ${bearer}` },
          });
          return answer.status;
        };
        expect([await ask(tokens.right), await ask(tokens.wrong)]).toEqual([200, 404]);
      }
      const refused = await app.raw({
        path: '/caller?name=toString',
        headers: { 'X-Request-ID': 'valueOf-2', 'X-Debug-Resource-Tracking': '1' },
      });
      expect(fieldsOf(refused)).not.toHaveProperty('x-resource-tracking-id');
      const { spans } = await app.finish();
      expect(spans.filter(({ attributes }) => attributes['user.id'] === 'constructor')).toHaveLength(names.length + 1);
    },
  );
});

test('the collector keeps, filters and shows them', async () => {
  const collector = await startCollectorProcess('--memory');
  const all = [...names, '__proto__'];
  const own = (name: string): Readonly<Record<string, unknown>>[] =>
    all.map((key) => ({ key, value: { stringValue: name } }));
  for (const [at, name] of all.entries()) {
    const id = (at + 1).toString(16);
    const attributes = attributesJson({
      'http.route': name,
      'reqlens.account.id': name,
      'reqlens.request.id': name,
      'reqlens.usage.cpu_ms': at + 1,
      'reqlens.usage.method': 'segments/thread-cpu',
    });
    const extra = { name, attributes: [...attributes, ...own(name)] };
    const span = spanJson(id.padStart(32, '0'), id.padStart(16, '0'), extra);
    const { status } = await postJson(collector, '/v1/traces', tracesJson([span], name));
    expect(status).toBe(200);
  }
  for (const [at, name] of all.entries()) {
    const search = `service=${name}&route=${name}&account=${name}`;
    const { json } = await api(collector, `/api/usage?${search}`);
    expect(json).toMatchObject({ requests: [{ requestId: name }] });
    const found = await api(collector, `/api/find?q=${name}`);
    expect(found.status).toBe(200);
    const trace = await api(collector, `/api/traces/${(at + 1).toString(16).padStart(32, '0')}`);
    const [span] = (trace.json as { readonly spans: readonly { readonly attributes: object }[] }).spans;
    const kept = Object.entries(span?.attributes ?? {}).filter(([key]) => all.includes(key));
    expect(kept).toEqual(all.map((key) => [key, name]));
  }
});
