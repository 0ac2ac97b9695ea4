/** Outgoing requests of `node:http` and `node:https`, as Node's diagnostics channels tell of them. No function is patched. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';

import { context, trace } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';

import { thrownException } from '../errors.ts';
import { fullUrl, httpCallAttributes, targetOf } from './call-attributes.ts';
import type { CallTarget } from './call-attributes.ts';
import type { NewCall } from './call-span.ts';
import { guarded } from '../patch.ts';
import { OutgoingCall } from './outgoing-call.ts';
import type { CallParts } from './outgoing-call.ts';
import type { OutgoingHeaders } from './outgoing-headers.ts';
import { headersOf } from './http-headers.ts';
import { knownMethod } from './server-attributes.ts';

/** What both kinds of outgoing requests are made with. */
export interface CallingParts extends Pick<CallParts, 'record' | 'open'> {
  readonly startSpan: (call: NewCall) => CallParts['span'];
  readonly headers: OutgoingHeaders;
}

/** One call, and whom it goes to as long as nothing better is known. */
interface Calling {
  readonly call: OutgoingCall;
  readonly target: CallTarget;
}

/** @returns Stops listening. Calls that are open go on to their end. */
export function watchHttpCalls(parts: CallingParts): () => void {
  const calls = new WeakMap<ClientRequest, Calling>();
  const events = eventsOf(calls);
  const created = guarded('channel http.client.request.created', (message: unknown) =>
    begin({ parts, calls, events }, requestOf(message)),
  );
  const answered = guarded('channel http.client.response.finish', (message: unknown) =>
    answer({ calls, events }, answerOf(message)),
  );
  const failed = guarded('channel http.client.request.error', (message: unknown) => fail(calls, failureOf(message)));
  subscribe('http.client.request.created', created);
  subscribe('http.client.response.finish', answered);
  subscribe('http.client.request.error', failed);
  return () => {
    unsubscribe('http.client.request.created', created);
    unsubscribe('http.client.response.finish', answered);
    unsubscribe('http.client.request.error', failed);
  };
}

type Calls = WeakMap<ClientRequest, Calling>;

/** Listeners that all requests share, so that a call costs no closures. */
interface Events {
  readonly requestClosed: (this: ClientRequest) => void;
  readonly responseEnded: (this: IncomingMessage) => void;
  readonly responseFailed: (this: IncomingMessage, error: unknown) => void;
}

interface Watching {
  readonly calls: Calls;
  readonly events: Events;
}

function begin({ parts, calls, events }: Watching & { readonly parts: CallingParts }, request: ClientRequest): void {
  const around = context.active();
  // Our own exporters' requests, and those that somebody wants no traces of.
  if (isTracingSuppressed(around)) return;
  const target = targetOf(request);
  const span = parts.startSpan({
    name: request.method,
    attributes: () => httpCallAttributes(request, target),
    parent: around,
  });
  const series: Attributes = {
    'http.request.method': knownMethod(request.method),
    'server.address': target.address,
    'server.port': target.port,
  };
  const call = new OutgoingCall({ span, series, record: parts.record, open: parts.open });
  calls.set(request, { call, target });
  request.on('close', events.requestClosed);
  const headers = headersOf(request);
  if (headers === undefined) return;
  const departure = { context: trace.setSpan(around, span), host: target.address, target: request.path };
  const notes = parts.headers.complete(headers, departure);
  if (notes !== undefined) span.setAttributes(notes);
}

/** The head of the answer is there; informational ones (100, 103) do not come here, and neither do upgrades. */
function answer({ calls, events }: Watching, { request, response }: HttpAnswer): void {
  const calling = calls.get(request);
  if (calling === undefined) return;
  learnAnswer(calling, request, response);
  response.on('end', events.responseEnded);
  // An error monitor is no error listener: who has none goes without the error as before.
  response.on(errorMonitor, events.responseFailed);
}

function learnAnswer({ call, target }: Calling, request: ClientRequest, response: IncomingMessage): void {
  const { statusCode, socket, httpVersion } = response;
  const seen: Attributes = {};
  const ofSeries: Attributes = {};
  if (statusCode !== undefined) {
    seen['http.response.status_code'] = statusCode;
    ofSeries['http.response.status_code'] = statusCode;
    if (isError(statusCode)) ofSeries['error.type'] = String(statusCode);
  }
  const { remoteAddress, remotePort } = socket ?? {};
  if (remoteAddress !== undefined) seen['network.peer.address'] = remoteAddress;
  if (remotePort !== undefined) seen['network.peer.port'] = remotePort;
  seen['network.protocol.version'] = httpVersion;
  ofSeries['network.protocol.version'] = httpVersion;
  if (!target.isPortKnown && remotePort !== undefined && remotePort !== target.port)
    learnPort({ call, target }, request, remotePort);
  call.learn(seen, ofSeries);
}

function learnPort({ call, target }: Calling, request: ClientRequest, port: number): void {
  const known = { ...target, port };
  call.learn({ 'server.port': port, 'url.full': fullUrl(request, known) }, { 'server.port': port });
}

function fail(calls: Calls, { request, error }: HttpFailure): void {
  const calling = calls.get(request);
  if (calling === undefined || calling.call.hasEnded) return;
  const exception = thrownException(error);
  const port: unknown = typeof exception === 'string' ? undefined : Reflect.get(exception, 'port');
  if (!calling.target.isPortKnown && typeof port === 'number') learnPort(calling, request, port);
  calling.call.fail({ type: nameOf(error), error });
}

function eventsOf(calls: Calls): Events {
  const ended = guarded('the end of an answer to http.request', (response: IncomingMessage) => {
    const { call } = calls.get(askedBy(response)) ?? {};
    if (call === undefined || call.hasEnded) return;
    if (!response.aborted || response.complete) return endWith(call, response);
    call.failByStatus();
    call.end();
  });
  const failed = guarded('an error of an answer to http.request', (response: IncomingMessage, error: unknown) => {
    calls.get(askedBy(response))?.call.fail({ type: nameOf(error), error });
  });
  const closed = guarded('the close of an http.request', (request: ClientRequest) => {
    const calling = calls.get(request);
    if (calling === undefined || calling.call.hasEnded) return;
    close(calling, request);
  });
  return {
    requestClosed(): void {
      closed(this);
    },
    responseEnded(): void {
      ended(this);
    },
    responseFailed(error): void {
      failed(this, error);
    },
  };
}

/** Closed without the end of an answer: upgraded, cut off where nobody listens for that, or given up by the application. */
function close(calling: Calling, request: ClientRequest): void {
  const { call } = calling;
  const response: unknown = Reflect.get(request, 'res');
  if (!isResponse(response)) return call.end();
  if (response.upgrade === true) {
    learnAnswer(calling, request, response);
    return endWith(call, response);
  }
  if (response.errored) return call.fail({ type: nameOf(response.errored), error: response.errored });
  if (response.complete) return endWith(call, response);
  call.end();
}

function endWith(call: OutgoingCall, { statusCode }: IncomingMessage): void {
  if (isError(statusCode)) call.learn({ 'error.type': String(statusCode) }, {});
  if (statusCode === undefined || statusCode < 100 || statusCode >= 400) call.failByStatus();
  call.end();
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: for a client 4xx is an error too. */
function isError(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 400 && statusCode < 600;
}

function nameOf(error: unknown): string {
  const exception = thrownException(error);
  return typeof exception === 'string' ? 'Error' : exception.name;
}

interface HttpAnswer {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

interface HttpFailure {
  readonly request: ClientRequest;
  readonly error: unknown;
}

/* oxlint-disable typescript/no-unsafe-type-assertion -- what Node publishes on these channels is documented */
function requestOf(message: unknown): ClientRequest {
  return (message as HttpAnswer).request;
}

function answerOf(message: unknown): HttpAnswer {
  return message as HttpAnswer;
}

function failureOf(message: unknown): HttpFailure {
  return message as HttpFailure;
}

function askedBy(response: IncomingMessage): ClientRequest {
  return Reflect.get(response, 'req') as ClientRequest;
}

function isResponse(response: unknown): response is IncomingMessage & { readonly upgrade?: unknown } {
  return typeof response === 'object' && response !== null;
}
/* oxlint-enable typescript/no-unsafe-type-assertion */
