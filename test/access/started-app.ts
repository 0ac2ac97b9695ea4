/** The application of these tests under the preload, with a receiver, and all that can be seen of each of its requests. */
import { spansOf } from '../support/otlp-json.ts';
import type { PlainSpan } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';
import { exchange } from '../http/support/raw-client.ts';
import { secret, token } from './tokens.ts';

export type Headers = Readonly<Record<string, string>>;

export interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Headers;
}

export interface StartedApp {
  readonly url: string;
  /** One request on a connection of its own; the response as it came, byte by byte. */
  readonly raw: (ask: Ask) => Promise<string>;
  /** What is kept of a request: asked with a token of an administrator. */
  readonly usageOf: (requestId: string) => Promise<{ readonly status: number; readonly body: string }>;
  /** The same as JSON, as soon as it is there. */
  readonly keptUsageOf: (requestId: string) => Promise<Readonly<Record<string, unknown>>>;
  /** What is printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends it. */
  readonly finish: () => Promise<Finished>;
}

export interface Finished extends AppExit {
  readonly spans: readonly PlainSpan[];
}

export const debug = 'X-Debug-Resource-Tracking';

/**
 * @param env - On top of a secret, a path to read from, and telemetry of spans alone.
 * @param program - With its arguments.
 */
export async function startAccessApp(
  env: Readonly<Record<string, string | undefined>> = {},
  program = 'test/access/apps/access-app.mjs',
): Promise<StartedApp> {
  const receiver = await startOtlpReceiver();
  const [app = '', ...args] = program.split(' ');
  const running = await startApp(app, {
    args,
    killAfterMs: 60_000,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      REQLENS_SHUTDOWN_TIMEOUT: '10000',
      REQLENS_JWT_SECRET: secret,
      REQLENS_USAGE_PATH: '/internal/usage',
      ...env,
    },
  });
  const port = Number(new URL(running.url).port);
  const raw = async ({ path, method = 'GET', headers = {} }: Ask): Promise<string> => {
    const fields = { Host: 'shop', Connection: 'close', ...headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    return (await exchange({ port, send: `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n` })).received;
  };
  const admin = { authorization: `Bearer ${token()}` };
  const usageOf: StartedApp['usageOf'] = async (requestId) =>
    running.get(`/internal/usage/${encodeURIComponent(requestId)}`, admin);
  return {
    url: running.url,
    raw,
    usageOf,
    keptUsageOf: async (requestId) => {
      for (;;) {
        const { status, body } = await usageOf(requestId);
        if (status === 200) return JSON.parse(body);
      }
    },
    stdout: running.stdout,
    stderr: running.stderr,
    finish: async () => {
      await running.get('/bye');
      const exit = await running.exit;
      await receiver.close();
      return { ...exit, spans: spansOf(receiver.requests) };
    },
  };
}

/** The response without what differs from one request to the next. */
export function masked(response: string): string {
  return response.replace(/^X-Request-ID: .*$/m, 'X-Request-ID: *').replace(/^Date: .*$/m, 'Date: *');
}

/** The fields of the head, by lower-case name. */
export function fieldsOf(response: string): Readonly<Record<string, string>> {
  const [head = ''] = response.split('\r\n\r\n', 1);
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
