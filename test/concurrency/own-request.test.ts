/** Ten thousand requests over a hundred connections: nothing of one request is ever taken for another's. */
import { Agent, request as httpRequest } from 'node:http';

import { expect, test } from 'vitest';

import type { PlainSpan } from '../support/otlp-json.ts';
import { startApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';
import type { ScriptedReceiver } from '../support/scripted-receiver.ts';

const requestCount = 10_000;
const connectionCount = 100;
const ways = ['await', 'timers', 'streams', 'emitters', 'body', 'fetch', 'http'] as const;

interface Line {
  readonly name: string;
  readonly step: string;
  readonly request_id?: string;
  readonly trace_id?: string;
  readonly own?: boolean;
}

test(
  '10,000 requests at once: every line and every span carries the id of its own request',
  { timeout: 180_000 },
  async () => {
    const receiver = await startScriptedReceiver();
    const app = await startApp('test/concurrency/apps/busy.mjs', { env: envFor(receiver), killAfterMs: 170_000 });
    const answered = await fire(app.url);
    app.signal('SIGTERM');
    const exit = await app.exit;
    await receiver.close();
    expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: '' });
    expect(answered.size).toBe(requestCount);

    const lines = linesOf(exit.stdout);
    expect(lines.filter((line) => answered.get(line.name) !== line.request_id)).toEqual([]);
    expect(new Set(lines.map(({ name }) => name)).size).toBe(requestCount);
    expect(lines.filter(({ own }) => own === true)).toHaveLength(lines.length / 2);

    const spans = receiver.spans();
    const records = receiver.logs();
    expect(records).toHaveLength(lines.length / 2);
    expect(
      records.filter(({ attributes: { name, ...rest } }) => answered.get(String(name)) !== rest['reqlens.request.id']),
    ).toEqual([]);
    expectOwnSpans(spans, answered);
    // A trace belongs to one request: lines, records and spans agree about whose it is.
    expect(mixedTraces(lines, spans)).toEqual([]);
  },
);

function expectOwnSpans(spans: readonly PlainSpan[], answered: ReadonlyMap<string, string>): void {
  const own = spans.filter(({ attributes }) => 'name' in attributes);
  expect(
    own.filter(({ attributes }) => answered.get(String(attributes['name'])) !== attributes['reqlens.request.id']),
  ).toEqual([]);
  expect(new Set(own.map(({ attributes }) => attributes['name'])).size).toBe(requestCount);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  expect(spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))).toEqual([]);
  // One server span per request, and one more for each call of the server to itself.
  const calls = spans.filter(({ kind }) => kind === 3).length;
  expect(calls).toBe(Math.ceil((requestCount - 5) / ways.length) + Math.ceil((requestCount - 6) / ways.length));
  expect(spans.filter(({ kind }) => kind === 2)).toHaveLength(requestCount + calls);
}

/** @returns Traces in which two names meet. */
function mixedTraces(lines: readonly Line[], spans: readonly PlainSpan[]): string[] {
  const nameOf = new Map<string, string>();
  const mixed: string[] = [];
  const see = (traceId: string, name: string): void => {
    const known = nameOf.get(traceId);
    if (known === undefined) nameOf.set(traceId, name);
    else if (known !== name) mixed.push(`${traceId}: ${known} and ${name}`);
  };
  for (const { name, trace_id: traceId = 'none' } of lines) see(traceId, name);
  for (const { traceId, attributes } of spans) if ('name' in attributes) see(traceId, String(attributes['name']));
  return mixed;
}

/** @returns The answered request id of each request, by its name. */
async function fire(url: string): Promise<Map<string, string>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionCount });
  const answered = new Map<string, string>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < requestCount) {
      const index = next++;
      const name = `n${index}`;
      // oxlint-disable-next-line no-await-in-loop -- one request after the other on each connection
      answered.set(name, await ask(`${url}/${ways[index % ways.length]}/${name}`, agent));
    }
  };
  await Promise.all(Array.from({ length: connectionCount }, work));
  agent.destroy();
  return answered;
}

async function ask(url: string, agent: Agent): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = httpRequest(url, { method: 'POST', agent }, (response) => {
    response.resume().on('end', () => resolve(String(response.headers['x-request-id'])));
  });
  request.on('error', reject);
  request.write('half');
  request.end('the other half');
  return promise;
}

function linesOf(stdout: string): Line[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Line => JSON.parse(line));
}

/** Queues that hold everything: here nothing may be dropped. */
function envFor({ url }: ScriptedReceiver): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_MAX_QUEUE_SIZE: '500000',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2000',
    OTEL_BLRP_MAX_QUEUE_SIZE: '500000',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '2000',
    REQLENS_SHUTDOWN_TIMEOUT: '60000',
  };
}
