/** One visit to test/apps/env-app.mjs: a receiver, the application under the preload, one request, and all that could be seen. */
import type { OutgoingHttpHeaders } from 'node:http';

import { expect } from 'vitest';

import { logsOf, metricsOf, spansOf } from './otlp-json.ts';
import type { PlainLogRecord, PlainMetric, PlainSpan } from './otlp-json.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver, ReceivedRequest, ReceiverOptions } from './otlp-receiver.ts';
import { startApp } from './run-app.ts';
import type { AppExit, AppResponse, RunningApp } from './run-app.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface VisitOptions {
  /** Of the application. `{receiver}` stands for the receiver's address, `{receiver by name}` for the same by `localhost`. Default `/`. */
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly receiver?: ReceiverOptions;
  /** Keeps the application up until this resolves; its path must say `stay`. */
  readonly until?: (receiver: OtlpReceiver, app: RunningApp) => Promise<void>;
}

export interface Sighting extends AppExit {
  readonly response: AppResponse;
  /** Request headers as the application saw them. */
  readonly seen: Readonly<Record<string, string>>;
  /** OTLP requests. */
  readonly requests: readonly ReceivedRequest[];
  /** Requests that the application itself made: by fetch, then by http.get. */
  readonly called: readonly ReceivedRequest[];
  /** Paths of what the application gave up before it was answered. */
  readonly aborted: readonly string[];
  readonly spans: readonly PlainSpan[];
  readonly logs: readonly PlainLogRecord[];
  readonly metrics: readonly PlainMetric[];
}

/** @param env - On top of an endpoint (the receiver), JSON as protocol and a long time for the exit; `{receiver}` in a value stands for its address. */
export async function visit(env: Env, options: VisitOptions = {}): Promise<Sighting> {
  const { path = '/', headers, until } = options;
  const receiver = await startOtlpReceiver(options.receiver);
  const named = receiver.url.replace('127.0.0.1', 'localhost');
  const filled = (text: string): string =>
    text.replaceAll('{receiver}', receiver.url).replaceAll('{receiver by name}', named);
  try {
    const app = await startApp('test/apps/env-app.mjs', {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        // Other tests keep the machine busy: what is sent at the exit must arrive all the same.
        REQLENS_SHUTDOWN_TIMEOUT: '10000',
        ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value && filled(value)])),
      },
    });
    const response = await app.get(filled(path), headers);
    if (until !== undefined) {
      await Promise.race([until(receiver, app), app.exit]);
      await app.get('/bye');
    }
    return sightingOf(await app.exit, response, receiver);
  } finally {
    await receiver.close();
  }
}

/** The same with the variable unset, and blank: two sightings that must be silent about it. */
export async function visitByDefault(variable: string, options?: VisitOptions & { env?: Env }): Promise<Sighting[]> {
  const values = [undefined, '  '];
  const sightings = await Promise.all(values.map((value) => visit({ ...options?.env, [variable]: value }, options)));
  for (const { stderr, code } of sightings) expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return sightings;
}

export interface BadValue {
  readonly variable: string;
  readonly value: string;
  /** From `expected` to the end of the line. */
  readonly complaint: string;
  /** As stderr shows the value, when not as it is. */
  readonly shown?: string;
}

/** The same with a value that cannot be used: stderr has one line about it and nothing else. */
export async function visitWithBad(bad: BadValue, options?: VisitOptions & { env?: Env }): Promise<Sighting> {
  return visitWithBadOnes([bad], options);
}

/** The same with several, whose lines may come in any order. */
export async function visitWithBadOnes(
  bad: readonly BadValue[],
  options?: VisitOptions & { env?: Env },
): Promise<Sighting> {
  const values = Object.fromEntries(bad.map(({ variable, value }) => [variable, value]));
  const sighting = await visit({ ...options?.env, ...values }, options);
  const lines = bad.map(
    ({ variable, value, shown = value, complaint }) => `reqlens: ${variable}="${shown}" is not usable: ${complaint}`,
  );
  expect(sighting.stderr.split('\n').toSorted()).toEqual(['', ...lines.toSorted()]);
  expect(sighting.code).toBe(0);
  return sighting;
}

/** For visits to paths with `stay`: goes on when the receiver has got a request of that signal. */
export function untilReceived(signal: 'traces' | 'logs' | 'metrics'): NonNullable<VisitOptions['until']> {
  return async (receiver) => receiver.until(({ requests }) => requests.some(({ path }) => path.includes(signal)));
}

/** The server's span, of which each visit without `until` makes one. */
export function serverSpan({ spans }: Sighting): PlainSpan | undefined {
  return spans.find(({ kind }) => kind === 2);
}

function sightingOf(exit: AppExit, response: AppResponse, receiver: OtlpReceiver): Sighting {
  const requests = receiver.requests.filter(({ method }) => method === 'POST');
  const { seen }: { seen: Record<string, string> } = JSON.parse(response.body);
  return {
    ...exit,
    response,
    seen,
    requests,
    called: receiver.requests.filter(({ method }) => method === 'GET'),
    aborted: receiver.aborted,
    spans: spansOf(requests),
    logs: logsOf(requests),
    metrics: metricsOf(requests),
  };
}
