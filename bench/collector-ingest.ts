/**
 * How fast the embedded collector takes spans, and how fast it finds them again: a collector in its own process, protobuf over real HTTP.
 *
 * `node bench/collector-ingest.ts [spans] [--gzip]`, after `npm run build`; default 200,000 spans. `taskset -c 0` in front of it is not
 * needed: what is reported besides the elapsed time is the collector's own CPU time, read from /proc (Linux) when it is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';

const spansPerTrace = 8;
/** OpenTelemetry's default batch. */
const spansPerRequest = 512;
const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { gzip: { type: 'boolean' } } });
const total = Number(positionals[0] ?? 200_000);
const folder = mkdtempSync(join(tmpdir(), 'reqlens-bench-'));
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const collector = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url)),
    'collector',
    '--otlp-port=0',
    '--viewer-port=0',
    '--max-mb=100000',
    `--data-dir=${folder}`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);

async function ingest(otlpUrl: string): Promise<void> {
  let elapsedMs = 0;
  let sent = 0;
  const cpuBefore = cpuMsOf(collector);
  // Bodies are made before the clock starts, some at a time: making them costs more than receiving them.
  while (sent < total) {
    const bodies: Buffer[] = [];
    for (; bodies.length < 40 && sent < total; sent += spansPerRequest) bodies.push(bodyOf(sent));
    const start = performance.now();
    await Promise.all(
      [0, 1, 2, 3].map(async (lane) => {
        for (let index = lane; index < bodies.length; index += 4) await post(otlpUrl, bodies[index] ?? Buffer.alloc(0));
      }),
    );
    elapsedMs += performance.now() - start;
  }
  const cpuMs = cpuMsOf(collector) - cpuBefore;
  const bytes = ['telemetry.db', 'telemetry.db-wal'].reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  print(
    `ingest: ${sent} spans, ${rate(sent, elapsedMs)} spans/s elapsed, ${rate(sent, cpuMs)} spans per second of the collector's CPU`,
  );
  print(`stored: ${Math.round(bytes / sent)} bytes a span`);
}

async function read(viewerUrl: string): Promise<void> {
  const traces = Math.floor(total / spansPerTrace);
  const middle = Math.floor(traces / 2);
  await measure('find by request id', `${viewerUrl}/api/find?q=${requestIdOf(middle)}`);
  await measure('find by request id that is no UUID', `${viewerUrl}/api/find?q=client-${middle}`);
  await measure('list of 100 requests', `${viewerUrl}/api/requests`);
  await measure('list of 100 failed requests', `${viewerUrl}/api/requests?errors=1`);
  await measure('text that every trace has', `${viewerUrl}/api/find?q=publisher`);
  await measure('text that one old trace has', `${viewerUrl}/api/find?q=order%2000000003%20`);
  await measure('text that no trace has', `${viewerUrl}/api/find?q=nowhere-to-be-found`);
  await measure('trace of 10,000 spans', `${viewerUrl}/api/traces/${'b'.repeat(32)}`);
}

async function measure(name: string, url: string): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now();
    await fetchText(url);
    times.push(performance.now() - start);
  }
  print(`${name}: ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
}

/** A shop's request: a server span with what our HTTP instrumentation sets, and 7 spans below it. */
function bodyOf(first: number): Buffer {
  const resource = resourceFromAttributes({
    'service.name': 'shop',
    'service.version': '1.2.3',
    'process.pid': 4711,
    'host.name': 'bench',
  });
  const spans = Array.from({ length: spansPerRequest }, (_, index) => spanOf(first + index, resource));
  const body = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []);
  return flags.gzip === true ? gzipSync(body) : body;
}

type Span = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];

function spanOf(number: number, resource: Span['resource']): Span {
  // The first 10,000 are one big trace, for the last line of the report.
  const isBig = number < 10_000;
  const trace = Math.floor(number / spansPerTrace);
  const place = isBig ? number : number % spansPerTrace;
  const traceId = isBig ? 'b'.repeat(32) : requestIdOf(trace).replaceAll('-', '');
  const startMs = 1_790_000_000_000 + trace;
  const isRoot = place === 0;
  return {
    name: isRoot ? 'GET /orders/:id' : `publisher.step ${place}`,
    kind: isRoot ? SpanKind.SERVER : SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId: (number + 1).toString(16).padStart(16, '0'), traceFlags: 1 }),
    ...(!isRoot && {
      parentSpanContext: { traceId, spanId: (number - place + 1).toString(16).padStart(16, '0'), traceFlags: 1 },
    }),
    startTime: [Math.floor(startMs / 1000), (startMs % 1000) * 1_000_000 + place],
    endTime: [Math.floor(startMs / 1000) + 1, 0],
    duration: [0, 1_000_000],
    status: { code: trace % 50 === 0 && isRoot ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: isRoot ? rootAttributes(trace) : childAttributes(trace, place),
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'reqlens', version: '0.1.0' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const rootAttributes = (trace: number): Span['attributes'] => ({
  'reqlens.request.id': requestIdOf(trace),
  'http.request.header.x-request-id': [`client-${trace}`],
  'http.request.method': 'GET',
  'http.route': '/orders/:id',
  'url.path': `/orders/${trace}`,
  'url.scheme': 'http',
  'server.address': 'localhost',
  'server.port': 8080,
  'client.address': '127.0.0.1',
  'network.peer.address': '127.0.0.1',
  'network.peer.port': 50_000 + (trace % 10_000),
  'network.protocol.version': '1.1',
  'user_agent.original': 'curl/8.14.1',
  'http.response.status_code': 200,
});

const childAttributes = (trace: number, place: number): Span['attributes'] => ({
  'reqlens.request.id': requestIdOf(trace),
  'account.id': `account-${trace % 1000}`,
  'code.function.name': `publisher.step${place}`,
  'db.system.name': 'postgresql',
  'db.query.text': `select * from orders where id = $1 -- order ${String(trace).padStart(8, '0')} `,
});

/** A UUIDv7-like id; its digits are the trace id. */
function requestIdOf(trace: number): string {
  const time = (1_790_000_000_000 + trace).toString(16).padStart(12, '0');
  const rest = (Math.imul(trace, 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7abc-8def-${rest}0000`;
}

async function urlsOf(child: ChildProcess): Promise<[string, string]> {
  const urls: string[] = [];
  if (child.stdout === null) throw new Error('the collector has no stdout');
  for await (const line of createInterface({ input: child.stdout })) {
    urls.push(...(/http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []));
    if (line.includes('data are kept')) break;
  }
  const [otlpUrl, viewerUrl] = urls;
  if (otlpUrl === undefined || viewerUrl === undefined) throw new Error('the collector has not started');
  return [otlpUrl, viewerUrl];
}

async function post(url: string, body: Buffer): Promise<void> {
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-length': body.length,
    ...(flags.gzip === true && { 'content-encoding': 'gzip' }),
  };
  await new Promise<void>((resolve, reject) => {
    const sending = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`answer ${response.statusCode}`)),
        );
    });
    sending.on('error', reject).end(body);
  });
}

async function fetchText(url: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    get(url, { agent }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`answer ${response.statusCode}`)),
        );
    }).on('error', reject);
  });
}

/** User and system time, 0 where there is no /proc: columns 14 and 15 in ticks of 10 ms. */
function cpuMsOf({ pid }: ChildProcess): number {
  if (process.platform !== 'linux' || pid === undefined) return 0;
  const columns = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(columns[11]) + Number(columns[12])) * 10;
}

const rate = (count: number, ms: number): string =>
  ms === 0 ? 'unknown' : Math.round((count / ms) * 1000).toLocaleString('en');

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const [otlpUrl, viewerUrl] = await urlsOf(collector);
  await ingest(otlpUrl);
  await read(viewerUrl);
} finally {
  collector.kill('SIGTERM');
  await new Promise((resolve) => {
    collector.once('exit', resolve);
  });
  rmSync(folder, { recursive: true, force: true });
  agent.destroy();
}
