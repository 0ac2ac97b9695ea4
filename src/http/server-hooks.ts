/**
 * Patches the prototypes of Node's servers once, so that requests are entered before the application sees them.
 * Prototypes are shared by every module format and every server, whenever it was made; binding each request and response
 * instead is what made the stock instrumentation cost twice the request (FACTS 1).
 */
import type { EventEmitter } from 'node:events';
import http, { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { Server as NetServer, Socket } from 'node:net';
import { Duplex } from 'node:stream';

import { context } from '@opentelemetry/api';

import type { TrackedRequest } from '../identity/tracked-request.ts';
import { guarded, ourPart, patch, reportFault, undoAll } from '../patch.ts';
import { endWithConnection, watchStatus } from './bare-connection.ts';
import { inFlightKey } from './in-flight.ts';
import type { Carrier, InFlightRequest } from './in-flight.ts';
import type { AskedHead, HeadHeaders } from './response-head.ts';
import { patchMessages } from './response-hooks.ts';
import type { Scheme } from './server-attributes.ts';
import { runInRequest } from './thrown.ts';
import type { RequestRun } from './thrown.ts';
import { queueMicrotask } from '../real-timers.ts';

/** What the hooks call. None of these may throw; the hooks guard them all the same. */
export interface ServerEdge {
  /**
   * A request was parsed, before the application sees it. Undefined when somebody else makes its span.
   *
   * @param response - Undefined when the application gets the bare connection: for an upgrade or CONNECT.
   */
  readonly enter: (
    request: IncomingMessage,
    response: ServerResponse | undefined,
    scheme: Scheme,
  ) => InFlightRequest | undefined;
  /** The head is about to be written; returns the headers argument to use. `inFlight` is undefined when Node itself answers. */
  readonly completeHead: (
    response: ServerResponse,
    asked: AskedHead,
    inFlight: InFlightRequest | undefined,
  ) => HeadHeaders;
  /** Whether the response is one whose head it completes, though it has no `InFlightRequest`. */
  readonly isKnown?: (response: ServerResponse) => boolean;
  /** Answers the request in the application's place, and says so. Undefined: there is nothing to answer. */
  readonly answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** A request that is measured, and has no `InFlightRequest` because somebody else makes its span. */
  readonly trackedOf?: (request: IncomingMessage) => TrackedRequest | undefined;
  /** A request could not be parsed or came too slowly, and the application does not listen for that: writes the answer. */
  readonly reject: (error: Error, socket: Socket) => void;
}

export type EmitArguments = [event: string | symbol, ...args: unknown[]];
/** @returns Takes the patches off again. */
export function installServerHooks(edge: ServerEdge): () => void {
  return undoAll([
    patchServer(http.Server.prototype, 'http.Server.prototype.emit', () => onServerEvent(edge, () => 'http')),
    patchServer(https.Server.prototype, 'https.Server.prototype.emit', () => onServerEvent(edge, () => 'https')),
    // Last, so that the two above go on to EventEmitter's. What else speaks HTTP/1.1 is here: an http2 server with `allowHTTP1`,
    // whose class Node does not export.
    patchServer(NetServer.prototype, 'net.Server.prototype.emit', () => onServerEvent(edge, schemeOfSocket)),
    patchMessages(edge),
  ]);
}

function schemeOfSocket(request: IncomingMessage): Scheme {
  // A request that somebody emits by hand may have none.
  const socket: (IncomingMessage['socket'] & { readonly encrypted?: unknown }) | null | undefined = request.socket;
  return socket?.encrypted === true ? 'https' : 'http';
}

/** What an event of a server is to us: a request to run in, one that is answered, or nothing. */
type Entered = RequestRun | 'answered' | undefined;
type OnEvent = (server: EventEmitter, args: EmitArguments) => Entered;

function patchServer(target: EventEmitter, place: string, makeOnEvent: () => OnEvent): () => void {
  const onEvent = ourPart(place, makeOnEvent());
  return patch(
    { target, name: 'emit', place },
    (original) =>
      function emit(this: unknown, ...args: unknown[]): unknown {
        // oxlint-disable typescript/no-unsafe-type-assertion -- as Node calls it; whatever else comes is passed on as it came
        const server = this as EventEmitter;
        const emitArgs = args as EmitArguments;
        // oxlint-enable typescript/no-unsafe-type-assertion
        let entered: Entered;
        try {
          entered = onEvent(server, emitArgs);
        } catch (error) {
          reportFault(place, error);
        }
        if (entered === undefined) return Reflect.apply(original, this, args);
        if (entered === 'answered') return true;
        return runInRequest(entered, original, server, emitArgs);
      },
  );
}

function onServerEvent(edge: ServerEdge, schemeOf: (request: IncomingMessage) => Scheme): OnEvent {
  const answer = edge.answer === undefined ? undefined : guarded('the usage endpoint', edge.answer);
  return (server, [event, first, second]) => {
    // Requests with `Expect: 100-continue` arrive by an event of their own when the application listens for it.
    if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
      if (!(first instanceof IncomingMessage && second instanceof ServerResponse)) return undefined;
      const run = enterRequest(edge, first, { response: second, scheme: schemeOf(first) });
      return event === 'request' && answer?.(first, second) === true ? 'answered' : run;
    }
    if (event === 'upgrade' || event === 'connect') {
      if (!(first instanceof IncomingMessage && second instanceof Duplex)) return undefined;
      return enterUpgrade(edge, first, { socket: second, scheme: schemeOf(first) });
    }
    if (event !== 'clientError' || !(first instanceof Error && second instanceof Socket)) return undefined;
    if (server.listenerCount(event) > 0 || !isNodeAsking(server, second)) return undefined;
    edge.reject(first, second);
    return 'answered';
  };
}

/** Node takes its own listener off the socket before it asks. What an application emits by hand nobody answers. */
function isNodeAsking(server: unknown, socket: Socket & { readonly server?: unknown }): boolean {
  return socket.server === server && !socket.listeners('error').some(({ name }) => name === 'socketOnError');
}

interface Arrival {
  readonly response: ServerResponse & Carrier;
  readonly scheme: Scheme;
}

/** A server that hands its requests on to another one emits twice; it is still one request. */
function enterRequest(
  edge: ServerEdge,
  request: IncomingMessage & Carrier,
  { response, scheme }: Arrival,
): RequestRun | undefined {
  const own = response[inFlightKey];
  if (own !== undefined) return own.hasEnded || context.active() === own.context ? undefined : own;
  const earlier = request[inFlightKey];
  const isRunning = earlier !== undefined && !earlier.hasEnded;
  const inFlight = isRunning ? earlier : edge.enter(request, response, scheme);
  if (inFlight === undefined) return measured(edge, request);
  carry(inFlight, request, response);
  // Behind another one on a pipelined connection: if that breaks Node closes only the response whose turn it is.
  if (response.socket === null && !inFlight.endsAtFinish) endWithConnection(request.socket, inFlight);
  return inFlight;
}

/** The span is somebody else's. */
function measured(edge: ServerEdge, request: IncomingMessage): RequestRun | undefined {
  const tracked = edge.trackedOf?.(request);
  return tracked === undefined ? undefined : { context: context.active(), tracked };
}

interface Upgrade {
  readonly socket: Duplex;
  readonly scheme: Scheme;
}

const upgradePlace = 'the end of an upgrade';

function enterUpgrade(
  edge: ServerEdge,
  request: IncomingMessage & Carrier,
  { socket, scheme }: Upgrade,
): RequestRun | undefined {
  if (request[inFlightKey] !== undefined) return undefined;
  const inFlight = edge.enter(request, undefined, scheme);
  if (inFlight === undefined) return undefined;
  carry(inFlight, request);
  // With its status line the exchange is over, and from then on the connection speaks another protocol.
  watchStatus(socket, inFlight, () => inFlight.end());
  // Nearly all answer at once, and find no listener of ours.
  queueMicrotask(guarded(upgradePlace, () => endWithConnection(socket, inFlight)));
  return inFlight;
}

function carry(inFlight: InFlightRequest, ...carriers: readonly Carrier[]): void {
  try {
    for (const carrier of carriers) carrier[inFlightKey] = inFlight;
  } catch (error) {
    // A Proxy or a frozen object: nobody would hear of its end.
    inFlight.drop();
    throw error;
  }
}
