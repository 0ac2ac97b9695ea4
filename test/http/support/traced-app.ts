/** Starts a program of test/http/apps in a process of its own, under a preload, and keeps the OTLP that it sends. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { counterValue, histogramsOf, spansOf } from './otlp-json.ts';
import type { PlainHistogram, PlainSpan } from './otlp-json.ts';

export interface AppOptions {
  /** What `--import` loads; none for bare Node. Default: `./register.js`. */
  readonly preload?: string | undefined;
  /** What `--import` loads before that. */
  readonly before?: string;
  /** Beside PATH, HOME, TMPDIR and those that send OTLP here. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TracedApp {
  /** Of the line `listening <port> [<port> ...]` that the program prints. */
  readonly ports: readonly number[];
  /** The first of them. */
  readonly port: number;
  readonly spans: () => readonly PlainSpan[];
  readonly histograms: () => readonly PlainHistogram[];
  readonly counter: (name: string) => number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves as soon as the condition holds; checked now and at everything that arrives. Rejects when the process ends first. */
  readonly until: (condition: () => boolean) => Promise<void>;
  /** Asks the process to end (SIGTERM), waits for it and for what it still sends. */
  readonly stop: () => Promise<Ended>;
}

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const alive = new Set<ChildProcess>();
// A test that fails half-way leaves its program running; it must not outlive the test run.
process.once('exit', killAll);
process.once('SIGTERM', () => {
  killAll();
  process.exit(1);
});

/** @param program - File name in test/http/apps. */
export async function startTracedApp(program: string, options: AppOptions = {}): Promise<TracedApp> {
  const arrivals = new Arrivals();
  const receiver = await startReceiver(arrivals);
  const child = spawnProgram(program, options, `http://127.0.0.1:${portOf(receiver)}`);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      arrivals.notify();
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    alive.delete(child);
    arrivals.end(`the process ended (${code ?? signal}): ${output.stderr}`);
    return { code, signal };
  });
  const listening = /^listening ([\d ]+)$/m;
  await arrivals.until(() => listening.test(output.stdout));
  const ports = (listening.exec(output.stdout)?.[1] ?? '').split(' ').map(Number);
  return {
    ports,
    port: ports[0] ?? 0,
    spans: () => uniqueSpans(spansOf(arrivals.traces)),
    histograms: () => histogramsOf(arrivals.metrics),
    counter: (name) => counterValue(arrivals.metrics, name),
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    until: (condition) => arrivals.until(condition),
    stop: async () => {
      child.kill('SIGTERM');
      const end = await ended;
      receiver.closeAllConnections();
      receiver.close();
      return end;
    },
  };
}

function killAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** What was on its way when the process ended is sent again; receivers tell spans apart by their ids. */
function uniqueSpans(spans: readonly PlainSpan[]): readonly PlainSpan[] {
  return [...new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span])).values()];
}

/** The messages that came, and those who wait for more. */
class Arrivals {
  readonly traces: unknown[] = [];
  readonly metrics: unknown[] = [];
  readonly #waiting = new Map<() => void, (error: Error) => void>();
  #endReason: string | undefined;

  notify(): void {
    for (const check of this.#waiting.keys()) check();
  }

  end(reason: string): void {
    this.#endReason = reason;
    for (const fail of this.#waiting.values()) fail(new Error(reason));
  }

  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    if (this.#endReason !== undefined) throw new Error(this.#endReason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = (): void => {
      if (condition()) resolve();
    };
    this.#waiting.set(check, reject);
    await promise.finally(() => this.#waiting.delete(check));
  }
}

async function startReceiver(arrivals: Arrivals): Promise<Server> {
  const server = createServer((request, response) => {
    void keep(request, arrivals).finally(() => response.end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function keep(request: IncomingMessage, arrivals: Arrivals): Promise<void> {
  const body = await json(request);
  if (request.url === '/v1/traces') arrivals.traces.push(body);
  if (request.url === '/v1/metrics') arrivals.metrics.push(body);
  arrivals.notify();
}

function spawnProgram(program: string, options: AppOptions, endpoint: string): ChildProcess {
  const preload = 'preload' in options ? options.preload : './register.js';
  const { PATH, HOME, TMPDIR } = process.env;
  const env = {
    PATH,
    HOME,
    TMPDIR,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    // Metrics go out once, at the end, complete.
    OTEL_METRIC_EXPORT_INTERVAL: '600000',
    REQLENS_SHUTDOWN_TIMEOUT: '10000',
    ...options.env,
  };
  const preloads = [options.before, preload].filter((each) => each !== undefined);
  const args = [...preloads.flatMap((each) => ['--import', each]), `test/http/apps/${program}`];
  const child = spawn(process.env['REQLENS_TEST_NODE'] ?? process.execPath, args, { cwd: checkout, env });
  alive.add(child);
  return child;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
