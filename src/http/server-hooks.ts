/**
 * Patches node:http's prototypes once: requests are entered, listeners run in their request's context, heads are completed.
 * Prototypes are shared by every module format and every server, whenever it was made; binding each request and response
 * instead is what made the stock instrumentation cost twice the request (FACTS 1).
 */
import type { EventEmitter } from 'node:events';
import http, { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';

import { context, diag } from '@opentelemetry/api';

import type { TrackedRequest } from '../identity/tracked-request.ts';
import { inFlightKey } from './in-flight.ts';
import type { InFlightRequest } from './in-flight.ts';
import type { AskedHead, HeadHeaders } from './response-head.ts';
import type { Scheme } from './server-attributes.ts';
import { runInRequest } from './thrown.ts';

/** What the hooks call. None of these may throw; the hooks guard them all the same. */
export interface ServerEdge {
  /** A request was parsed, before the application sees it. Undefined when somebody else makes its span. */
  readonly enter: (request: IncomingMessage, response: ServerResponse, scheme: Scheme) => InFlightRequest | undefined;
  /** The head is about to be written; returns the headers argument to use. `inFlight` is undefined when Node itself answers. */
  readonly completeHead: (
    response: ServerResponse,
    asked: AskedHead,
    inFlight: InFlightRequest | undefined,
  ) => HeadHeaders;
  /** Answers the request in the application's place, and says so. Undefined: there is nothing to answer. */
  readonly answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** A request that is measured, and has no `InFlightRequest` because somebody else makes its span. */
  readonly trackedOf?: (request: IncomingMessage) => TrackedRequest | undefined;
  /** A request could not be parsed or came too slowly, and the application does not listen for that: writes the answer. */
  readonly reject: (error: Error, socket: Socket) => void;
}

type EmitArguments = [event: string | symbol, ...args: unknown[]];
type Emit = (this: EventEmitter, ...args: EmitArguments) => boolean;
type Carrier = { [inFlightKey]?: InFlightRequest };

/** @returns Takes the patches off again. */
export function installServerHooks(edge: ServerEdge): () => void {
  const restore = [
    patchServer(http.Server.prototype, 'http', edge),
    patchServer(https.Server.prototype, 'https', edge),
    patchListeners(IncomingMessage.prototype, () => undefined),
    patchListeners(ServerResponse.prototype, endWithResponse),
    patchWriteHead(edge),
  ];
  return () => {
    for (const undo of restore) undo();
  };
}

/** Requests with `Expect: 100-continue` arrive by an event of their own when the application listens for it. */
const requestEvents = new Set<string | symbol>(['request', 'checkContinue', 'checkExpectation']);

function patchServer(prototype: EventEmitter, scheme: Scheme, edge: ServerEdge): () => void {
  return patchEmit(
    prototype,
    (original) =>
      function emit(...args) {
        const [event, first, second] = args;
        if (requestEvents.has(event) && first instanceof IncomingMessage && second instanceof ServerResponse) {
          return enterRequest({ server: this, original, args, request: first, response: second, scheme, edge });
        }
        if (
          event === 'clientError' &&
          first instanceof Error &&
          second instanceof Socket &&
          this.listenerCount(event) === 0
        ) {
          return guarded(() => (edge.reject(first, second), true), false);
        }
        return Reflect.apply(original, this, args);
      },
  );
}

interface Entry {
  readonly server: EventEmitter;
  readonly original: Emit;
  readonly args: EmitArguments;
  readonly request: IncomingMessage & Carrier;
  readonly response: ServerResponse & Carrier;
  readonly scheme: Scheme;
  readonly edge: ServerEdge;
}

function enterRequest(entry: Entry): boolean {
  const { server, original, args, request, response, scheme, edge } = entry;
  // A server that hands its requests on to another one emits twice; it is still one request.
  const inFlight =
    response[inFlightKey] === undefined ? guarded(() => edge.enter(request, response, scheme), undefined) : undefined;
  if (inFlight === undefined) return passOn(entry);
  request[inFlightKey] = inFlight;
  response[inFlightKey] = inFlight;
  if (isAnswered(entry)) return true;
  return runInRequest(inFlight, original, server, args);
}

/** Entered before, or the span is somebody else's. */
function passOn(entry: Entry): boolean {
  const { server, original, args, request, edge } = entry;
  if (isAnswered(entry)) return true;
  const tracked = edge.trackedOf?.(request);
  if (tracked === undefined) return Reflect.apply(original, server, args);
  return tracked.run(() => Reflect.apply(original, server, args));
}

function isAnswered({ args: [event], request, response, edge }: Entry): boolean {
  const { answer } = edge;
  return answer !== undefined && event === 'request' && guarded(() => answer(request, response), false);
}

/** Called before the listeners of an event of a request in flight. */
type Watch<Emitter> = (inFlight: InFlightRequest, emitter: Emitter, args: EmitArguments) => void;

function endWithResponse(inFlight: InFlightRequest, response: EventEmitter, [event, error]: EmitArguments): void {
  if (event === 'close' && response instanceof ServerResponse)
    guarded(() => inFlight.end(response.req, response), undefined);
  else if (event === 'error') guarded(() => inFlight.fail(error), undefined);
}

/**
 * Listeners of a request or response run in its context, wherever the event came from: the parser, a socket, a timer.
 * Each change of context makes two copies of a Map in Node, so none is made where nobody listens: of the eight events of a
 * plain GET three come from outside the context, and two of these have no listener.
 */
function patchListeners(prototype: EventEmitter, watch: Watch<EventEmitter>): () => void {
  return patchEmit(
    prototype,
    (original) =>
      function emit(this: EventEmitter & Carrier, ...args) {
        const inFlight = this[inFlightKey];
        if (inFlight === undefined) return Reflect.apply(original, this, args);
        watch(inFlight, this, args);
        const [event] = args;
        // An error that nobody listens to is thrown, and then it matters whose it is.
        const isHeard = event === 'error' || this.listenerCount(event) > 0;
        if (!isHeard || context.active() === inFlight.context) return Reflect.apply(original, this, args);
        return runInRequest(inFlight, original, this, args);
      },
  );
}

function patchWriteHead(edge: ServerEdge): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const original = ServerResponse.prototype.writeHead;
  // Node's own signature: (statusCode, statusMessage?, headers?); libraries pass undefined in the middle too.
  const patched = function writeHead(
    this: ServerResponse & Carrier,
    statusCode: number,
    ...rest: unknown[]
  ): ServerResponse {
    if (this.headersSent || !isAccepted(this)) return Reflect.apply(original, this, [statusCode, ...rest]);
    const hasReason = typeof rest[0] === 'string';
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what else is passed makes Node throw, with or without us
    const given = (hasReason ? rest[1] : (rest[1] ?? rest[0])) as HeadHeaders;
    const headers = guarded(() => edge.completeHead(this, { statusCode, given }, this[inFlightKey]), given);
    const args = hasReason ? [statusCode, rest[0], headers] : [statusCode, headers];
    return Reflect.apply(original, this, args);
  };
  ServerResponse.prototype.writeHead = patched as typeof original;
  return () => {
    if (ServerResponse.prototype.writeHead === patched) ServerResponse.prototype.writeHead = original;
  };
}

/** True on a connection that a server accepted; false for responses made by test doubles such as `fastify.inject`. */
function isAccepted(response: ServerResponse): boolean {
  // The request's socket: a pipelined response gets its own only when those before it are finished.
  const { socket } = response.req;
  return 'server' in socket && socket.server !== null && socket.server !== undefined;
}

function patchEmit(prototype: EventEmitter, wrap: (original: Emit) => Emit): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit');
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` by the wrapper
  const original: Emit = prototype.emit;
  const patched = wrap(original);
  Object.defineProperty(prototype, 'emit', { value: patched, writable: true, configurable: true, enumerable: false });
  return () => {
    // Somebody who patched after us keeps a reference to ours: then it stays, and passes everything on.
    if (prototype.emit !== patched) return;
    if (own === undefined) Reflect.deleteProperty(prototype, 'emit');
    else Object.defineProperty(prototype, 'emit', own);
  };
}

/** A fault of ours is reported and the application goes on as if we were not there. */
function guarded<Value>(action: () => Value, fallback: Value): Value {
  try {
    return action();
  } catch (error) {
    diag.error('http: a hook failed; the request goes on without it', error);
    return fallback;
  }
}
