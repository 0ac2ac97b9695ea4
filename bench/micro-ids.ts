/**
 * Receipts for the figures in comments of src/identity and src/http: what making an id, a context and a URL's parts costs, against
 * the plain way of doing it. Prints the median of 15 rounds in nanoseconds of CPU per call,
 * garbage collection included, so that a busy machine does not show. Run: `node bench/micro-ids.ts`.
 */
import { randomFillSync, randomUUID } from 'node:crypto';

import { createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';

import { serverAddress } from '../src/http/forwarded.ts';
import { urlParts } from '../src/http/request-url.ts';
import { readConfig } from '../src/config/read-config.ts';
import { clientFinder } from '../src/identity/client.ts';
import { RequestContext, requestScope } from '../src/identity/request-scope.ts';
import { newTraceId, requestIdFor } from '../src/trace/trace-id.ts';
import { spreadOf } from './statistics.ts';

const rounds = 15;
const callsPerRound = 100_000;

/** What a call returns is kept, so that the compiler cannot leave the call out. */
let kept: unknown;

function nanosecondsPerCall(action: (index: number) => unknown): number {
  const round = (): number => {
    const start = process.cpuUsage();
    for (let index = 0; index < callsPerRound; index += 1) kept = action(index);
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1000) / callsPerRound;
  };
  // The first two are for the compiler.
  round();
  round();
  return spreadOf(Array.from({ length: rounds }, round)).median;
}

const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
const scope = { requestId: requestIdFor(newTraceId()) };
const [spanKey, scopeKey, extraKey] = ['span', 'scope', 'extra'].map((name) => createContextKey(name));
const extra = { key: extraKey ?? Symbol('never'), value: { span } };
const tenBytes = new Uint8Array(10);
const hosts = ['shop.example:8080', 'shop.example'];
const targets = ['/items/17', '/items?id=17&page=2', '/assets/app-3f2a.js', '/'];

function stockContext(): Context {
  return ROOT_CONTEXT.setValue(spanKey ?? Symbol('never'), span)
    .setValue(scopeKey ?? Symbol('never'), scope)
    .setValue(extra.key, extra.value);
}

const findClient = clientFinder(readConfig({}).config);
/** A trusted proxy. */
const socket = { remoteAddress: '10.0.0.9' };

/** Who sent a request with that header, and whether an id of his would be kept. */
function isTrusted(headers: Parameters<typeof findClient>[0]['headers']): boolean {
  return findClient({ headers, rawHeaders: [], socket }).isRequestIdTrusted;
}

/** Tried and dropped. */
const remembered = new Map(hosts.map((host) => [`http ${host}`, { host, port: 80 }]));

const own = new RequestContext({ base: ROOT_CONTEXT, scope, span, extra });
const stock = stockContext();

const cases: Readonly<Record<string, (index: number) => unknown>> = {
  'request id: newTraceId and its UUID': () => requestIdFor(newTraceId()),
  'request id: ten random bytes, by a call of their own': () => randomFillSync(tenBytes),
  'request id: crypto.randomUUID': () => randomUUID(),
  'context: RequestContext': () => new RequestContext({ base: ROOT_CONTEXT, scope, span, extra }),
  'context: three setValue on the stock one': stockContext,
  'context: read from RequestContext': () => requestScope(own),
  'context: read from the stock one': () => requestScope(stock),
  'url: urlParts': (index) => urlParts(targets[index % 4] ?? '/', 'http', 'shop.example'),
  'url: new URL': (index) => new URL(targets[index % 4] ?? '/', 'http://shop.example').pathname,
  'client: no forwarding header': () => isTrusted({}),
  'client: X-Forwarded-For with one hop': (index) => isTrusted({ 'x-forwarded-for': `203.0.113.${index % 256}` }),
  'client: X-Forwarded-For with two': (index) => isTrusted({ 'x-forwarded-for': `203.0.113.${index % 256}, 10.0.0.3` }),
  'client: X-Forwarded-For, IPv6': (index) => isTrusted({ 'x-forwarded-for': `2001:db8::${index % 256}` }),
  'client: Forwarded': (index) => isTrusted({ forwarded: `for=203.0.113.${index % 256};proto=https` }),
  'host: serverAddress': (index) => serverAddress({ host: hosts[index % 2] ?? '' }, 'http'),
  'host: remembered in a Map by scheme and value': (index) => remembered.get(`http ${hosts[index % 2]}`),
};

console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
for (const [name, action] of Object.entries(cases)) {
  console.log(`${name.padEnd(56)}${nanosecondsPerCall(action).toFixed(0).padStart(6)} ns`);
}
if (kept === undefined) throw new Error('the last call was expected to return something');
