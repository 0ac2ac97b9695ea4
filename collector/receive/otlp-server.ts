/** OTLP/HTTP on 127.0.0.1 (https://opentelemetry.io/docs/specs/otlp/#otlphttp): a request is answered 200 once it is stored, never before. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type TelemetryStore, StoreUnavailableError } from '../store/telemetry-store.ts';
import { DecodeError } from './decoded.ts';
import { HttpFailure, rpcCodeFor } from './http-failure.ts';
import { corsHeaders, isLoopbackHost, preflightHeaders } from './local-only.ts';
import { contentTypes, type Encoding, statusBody, successBody } from './otlp-answers.ts';
import { readBody } from './read-body.ts';
import { type Signal, signalsByPath } from './signals.ts';
import { WireError } from './wire-reader.ts';

/** Told about failures that are ours or the store's, not the sender's. */
export type FailureListener = (error: unknown) => void;

/** Not listening yet. */
export function createOtlpServer(store: TelemetryStore, onFailure: FailureListener): Server {
  const server = createServer(
    // A sender gets two minutes for a whole request and 30 s for its head; idle connections stay for a minute, longer than
    // exporters' usual pause between two batches, so that they are not closed under a sender's hands.
    { requestTimeout: 120_000, headersTimeout: 30_000, keepAliveTimeout: 60_000, maxHeaderSize: 32 * 1024 },
    (request, response) => {
      response.setHeader('Server', 'reqlens-collector');
      answer({ request, response, store }).catch((error: unknown) => {
        if (!(error instanceof HttpFailure) || error.status >= 500) onFailure(error);
        fail(request, response, error);
      });
    },
  );
  return server;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: TelemetryStore;
}

async function answer({ request, response, store }: Exchange): Promise<void> {
  if (!isLoopbackHost(request.headers.host)) {
    throw new HttpFailure(
      403,
      'host: expected localhost, 127.0.0.1 or [::1]; this collector serves its own machine only',
    );
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const signal = signalsByPath.get(path);
  if (signal === undefined) throw new HttpFailure(404, 'path: expected /v1/traces, /v1/logs or /v1/metrics');
  if (request.method === 'OPTIONS') {
    answerPreflight(request, response);
    return;
  }
  if (request.method !== 'POST') throw new HttpFailure(405, `method: expected POST, got ${request.method}`);
  const encoding = encodingOf(request);
  if (encoding === undefined) {
    throw new HttpFailure(415, 'content-type: expected application/x-protobuf or application/json');
  }
  const body = await readBody(request);
  const partial = accept(signal, { encoding, body, store });
  send(request, response, { status: 200, encoding, body: successBody(encoding, partial) });
}

function accept(
  signal: Signal,
  { encoding, body, store }: { encoding: Encoding; body: Buffer; store: TelemetryStore },
): ReturnType<Signal['accept']> {
  try {
    return signal.accept(encoding, body, store);
  } catch (error) {
    if (error instanceof WireError || error instanceof DecodeError) {
      throw new HttpFailure(400, `cannot decode the body as ${signal.messageName}: ${error.message}`);
    }
    throw error;
  }
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const headers = preflightHeaders(request.headers);
  response.writeHead(headers === undefined ? 403 : 204, { allow: 'POST, OPTIONS', ...headers }).end();
}

/** @returns undefined for a content type that OTLP/HTTP does not know. */
function encodingOf(request: IncomingMessage): Encoding | undefined {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  switch (type.trim().toLowerCase()) {
    case 'application/x-protobuf':
      return 'protobuf';
    case 'application/json':
      return 'json';
    default:
      return undefined;
  }
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const failure = failureFor(error);
  const encoding = encodingOf(request) ?? 'json';
  if (failure.retryAfter !== undefined) response.setHeader('Retry-After', failure.retryAfter);
  if (failure.status === 405) response.setHeader('Allow', 'POST, OPTIONS');
  // What is left of the body is not worth reading: the connection ends with the answer.
  if (!request.complete) response.setHeader('Connection', 'close');
  send(request, response, {
    status: failure.status,
    encoding,
    body: statusBody(encoding, rpcCodeFor(failure.status), failure.message),
  });
}

function failureFor(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof StoreUnavailableError) return new HttpFailure(503, `${error.message}; send again later`, 5);
  return new HttpFailure(500, 'the collector has failed on this request');
}

interface Answer {
  readonly status: number;
  readonly encoding: Encoding;
  readonly body: Buffer;
}

function send(request: IncomingMessage, response: ServerResponse, { status, encoding, body }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...corsHeaders(request.headers),
    'content-type': contentTypes[encoding],
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
