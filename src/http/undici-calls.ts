/** Outgoing requests of `fetch` and undici, Node's own copy and those of npm (versions 5 to 8), by the channels that all of them publish on. */
import { AsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

import { context, trace } from '@opentelemetry/api';
import type { Attributes, Context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';

import { thrownException } from '../errors.ts';
import { undiciCallAttributes, undiciSeries } from './call-attributes.ts';
import type { UndiciTarget } from './call-attributes.ts';
import { guarded } from '../patch.ts';
import type { CallingParts } from './http-calls.ts';
import { OutgoingCall } from './outgoing-call.ts';
import { undiciHeaders } from './undici-headers.ts';
import type { UndiciRequest } from './undici-headers.ts';
import { knownMethod } from './server-attributes.ts';

type Calls = WeakMap<object, OutgoingCall>;

/** @returns Stops listening. Calls that are open go on to their end. */
export function watchUndiciCalls(parts: CallingParts): () => void {
  const calls: Calls = new WeakMap();
  const handedOver = guarded('a connection that undici hands over', (call: OutgoingCall, statusCode: unknown) => {
    if (typeof statusCode === 'number') answer(call, statusCode);
    call.end();
  });
  const undiciParts = { ...parts, handedOver };
  const handlers: Readonly<Record<string, (message: UndiciMessage) => void>> = {
    'undici:request:create': ({ request }) => begin(undiciParts, calls, request),
    'undici:client:sendHeaders': ({ request, socket }) => calls.get(request)?.learn(...peerOf(socket)),
    'undici:request:headers': ({ request, response }) => {
      const call = calls.get(request);
      if (call !== undefined && response !== undefined) answer(call, response.statusCode);
    },
    'undici:request:trailers': ({ request }) => calls.get(request)?.end(),
    'undici:request:error': ({ request, error }) => fail(calls.get(request), error),
  };
  const subscribed = Object.entries(handlers).map(([channel, handle]) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what undici publishes on these channels is documented
    const listener = guarded(`channel ${channel}, for a call`, (message: unknown) => handle(message as UndiciMessage));
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return () => {
    for (const stop of subscribed) stop();
  };
}

interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly socket?: Socket;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

type HandedOver = (call: OutgoingCall, statusCode: unknown) => void;

interface UndiciParts extends CallingParts {
  readonly handedOver: HandedOver;
}

function begin(parts: UndiciParts, calls: Calls, request: UndiciRequest): void {
  const around = callersContext(request);
  if (isTracingSuppressed(around)) return;
  const origin = URL.parse(String(request.origin));
  const url = origin === null ? null : urlWithin(origin, request);
  if (origin === null || url === null) return;
  const method = knownMethod(request.method);
  const target: UndiciTarget = { url, method, originalMethod: request.method };
  const headers = undiciHeaders(request);
  const span = parts.startSpan({
    name: method === '_OTHER' ? 'HTTP' : method,
    attributes: () => undiciCallAttributes(target, headers.values('user-agent').at(-1)),
    parent: around,
  });
  const call = new OutgoingCall({ span, series: undiciSeries(target), record: parts.record, open: parts.open });
  calls.set(request, call);
  if (isHandover(request)) endAtHandover(request, (statusCode) => parts.handedOver(call, statusCode));
  const departure = { context: trace.setSpan(around, span), host: origin.hostname, target: request.path };
  const notes = parts.headers.complete(headers, departure);
  if (notes !== undefined) span.setAttributes(notes);
}

/** A path that begins with two slashes is a path all the same: read as a reference it would name another host. */
function urlWithin({ origin }: URL, { method, path }: UndiciRequest): URL | null {
  if (method === 'CONNECT') return URL.parse(origin);
  // A plain proxy is asked for a whole address.
  return path.startsWith('/') ? URL.parse(origin + path) : URL.parse(path, origin);
}

/** Where each copy of undici keeps the handler of a request. */
const handlerKeys = new WeakMap<object, symbol | undefined>();

/**
 * A pool whose connections are all busy makes the request later, in the context of whoever has just let go of a connection. The handlers
 * of undici's own functions remember whose they are; those of `fetch` do not, and there the context is the one that is active.
 */
function callersContext(request: UndiciRequest): Context {
  const kind: object = request.constructor;
  if (!handlerKeys.has(kind)) {
    const keys = Object.getOwnPropertySymbols(request);
    handlerKeys.set(
      kind,
      keys.find(({ description }) => description === 'handler'),
    );
  }
  const key = handlerKeys.get(kind);
  const handler: unknown = key === undefined ? undefined : Reflect.get(request, key);
  return handler instanceof AsyncResource ? handler.runInAsyncScope(activeContext) : activeContext();
}

function activeContext(): Context {
  return context.active();
}

function peerOf(socket: Socket | undefined): [seen: Attributes, ofSeries: Attributes] {
  const { remoteAddress, remotePort } = socket ?? {};
  const isHttp2 = socket !== undefined && Reflect.get(socket, 'alpnProtocol') === 'h2';
  const protocol = { 'network.protocol.version': isHttp2 ? '2' : '1.1' };
  const peer = {
    ...(remoteAddress === undefined ? {} : { 'network.peer.address': remoteAddress }),
    ...(remotePort === undefined ? {} : { 'network.peer.port': remotePort }),
  };
  return [{ ...peer, ...protocol }, protocol];
}

function answer(call: OutgoingCall, statusCode: number): void {
  const status = { 'http.response.status_code': statusCode };
  const hasFailed = statusCode >= 400;
  const outcome = hasFailed ? { ...status, 'error.type': String(statusCode) } : status;
  call.learn(outcome, outcome);
  if (hasFailed) call.failByStatus();
}

function fail(call: OutgoingCall | undefined, error: unknown): void {
  if (call === undefined) return;
  const exception = thrownException(error);
  // Given up by the application on purpose: no failure, as with the stock instrumentation.
  if (typeof exception !== 'string' && exception.name === 'AbortError') call.end();
  else call.fail({ type: typeOf(exception), error });
}

function typeOf(exception: Error | string): string {
  if (typeof exception === 'string') return 'Error';
  const code: unknown = Reflect.get(exception, 'code');
  return typeof code === 'string' && code !== '' ? code : exception.name || 'Error';
}

/** The connection becomes the application's own: no channel tells of that in every version of undici. */
function isHandover({ method, upgrade }: UndiciRequest): boolean {
  return method === 'CONNECT' || Boolean(upgrade);
}

/** Puts one function of this one request of undici's in front of its own; it is nobody's but undici's. */
function endAtHandover(request: UndiciRequest, end: (statusCode: unknown) => void): void {
  for (const name of ['onUpgrade', 'onRequestUpgrade']) {
    const original: unknown = Reflect.get(request, name);
    if (typeof original !== 'function') continue;
    const handOver = function handOver(this: unknown, ...args: unknown[]): unknown {
      end(args[0]);
      return Reflect.apply(original, this, args);
    };
    Object.defineProperty(request, name, { value: handOver, configurable: true, writable: true });
  }
}
