/** Patches requests and responses: listeners run in their request's context, heads are completed, ends are seen. */
import type { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { context } from '@opentelemetry/api';

import { ourPart, patch, reportFault, undoAll } from '../patch.ts';
import { endWithConnection, watchStatus } from './bare-connection.ts';
import { inFlightKey } from './in-flight.ts';
import type { Carrier, InFlightRequest } from './in-flight.ts';
import type { HeadHeaders } from './response-head.ts';
import type { EmitArguments, ServerEdge } from './server-hooks.ts';
import { runInRequest } from './thrown.ts';

/** @returns Takes the patches off again. */
export function patchMessages(edge: ServerEdge): () => void {
  return undoAll([
    patchListeners(IncomingMessage.prototype, 'http.IncomingMessage.prototype.emit', () => undefined),
    patchListeners(ServerResponse.prototype, 'http.ServerResponse.prototype.emit', onResponseEvent),
    patchWriteHead(edge),
    patchDetach(),
  ]);
}

/** Called before the listeners of an event of a request in flight. */
type Watch = (inFlight: InFlightRequest, emitter: EventEmitter, args: EmitArguments) => void;

function onResponseEvent(inFlight: InFlightRequest, response: EventEmitter, [event, error]: EmitArguments): void {
  const isEnd = event === 'close' || (event === 'finish' && inFlight.endsAtFinish);
  if (isEnd && response instanceof ServerResponse) inFlight.end(response);
  else if (event === 'error') inFlight.note(error);
}

/**
 * Listeners of a request or response run in its context, wherever the event came from: the parser, a socket, a timer.
 * Each change of context makes two copies of a Map in Node, so none is made where nobody listens: of the eight events of a
 * plain GET three come from outside the context, and two of these have no listener.
 */
function patchListeners(target: EventEmitter, place: string, watch: Watch): () => void {
  const enter = ourPart(place, (emitter: EventEmitter & Carrier, args: EmitArguments): InFlightRequest | undefined => {
    const inFlight = emitter[inFlightKey];
    if (inFlight === undefined) return undefined;
    watch(inFlight, emitter, args);
    const [event] = args;
    // An error that nobody listens to is thrown, and then it matters whose it is.
    const isHeard = event === 'error' || emitter.listenerCount(event) > 0;
    return isHeard && context.active() !== inFlight.context ? inFlight : undefined;
  });
  return patch(
    { target, name: 'emit', place },
    (original) =>
      function emit(this: unknown, ...args: unknown[]): unknown {
        // oxlint-disable typescript/no-unsafe-type-assertion -- as Node calls it; whatever else comes is passed on as it came
        const emitter = this as EventEmitter;
        const emitArgs = args as EmitArguments;
        // oxlint-enable typescript/no-unsafe-type-assertion
        let inFlight: InFlightRequest | undefined;
        try {
          inFlight = enter(emitter, emitArgs);
        } catch (error) {
          reportFault(place, error);
        }
        if (inFlight === undefined) return Reflect.apply(original, this, args);
        return runInRequest(inFlight, original, emitter, emitArgs);
      },
  );
}

function patchWriteHead(edge: ServerEdge): () => void {
  const place = 'http.ServerResponse.prototype.writeHead';
  const complete = ourPart(place, (response: ServerResponse, args: readonly unknown[]) =>
    completedArguments(edge, response, args),
  );
  return patch(
    { target: ServerResponse.prototype, name: 'writeHead', alias: 'writeHeader', place },
    (original) =>
      function writeHead(this: unknown, ...args: unknown[]): unknown {
        let completed: unknown[] | undefined;
        try {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever else it is called on fails in Node's own
          completed = complete(this as ServerResponse, args);
        } catch (error) {
          reportFault(place, error);
        }
        return Reflect.apply(original, this, completed ?? args);
      },
  );
}

/** Node's own signature: (statusCode, statusMessage?, headers?); libraries pass undefined in the middle too. */
function completedArguments(
  edge: ServerEdge,
  response: ServerResponse & Carrier,
  [statusCode, ...rest]: readonly unknown[],
): unknown[] | undefined {
  if (response.headersSent) return undefined;
  const inFlight = response[inFlightKey] ?? ofRequest(response);
  const status = Number(statusCode);
  if (inFlight === undefined && !isNodesAnswer(response, status) && edge.isKnown?.(response) !== true) return undefined;
  const hasReason = typeof rest[0] === 'string';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what else is passed makes Node throw, with or without us
  const given = (hasReason ? rest[1] : (rest[1] ?? rest[0])) as HeadHeaders;
  const headers = edge.completeHead(response, { statusCode: status, given }, inFlight);
  return hasReason ? [statusCode, rest[0], headers] : [statusCode, headers];
}

/** The application answers by a response that it made itself, as for an upgrade that it refuses. */
function ofRequest(response: ServerResponse): InFlightRequest | undefined {
  // Test doubles and in-process calls make responses without a request.
  const request: (IncomingMessage & Carrier) | undefined = response.req;
  const inFlight = request?.[inFlightKey];
  return inFlight?.hasEnded === false ? inFlight : undefined;
}

/** No Host header, an unknown expectation, one request too many: answered before the application gets to see the request. */
const nodesAnswers: ReadonlySet<number> = new Set([400, 417, 503]);

/** On a connection that a server accepted; responses of test doubles such as `fastify.inject` are none of ours. */
function isNodesAnswer(response: ServerResponse, statusCode: number): boolean {
  if (!nodesAnswers.has(statusCode)) return false;
  const request: IncomingMessage | undefined = response.req;
  // The request's socket: a pipelined response gets its own only when those before it are finished.
  const socket: unknown = request?.socket;
  return typeof socket === 'object' && socket !== null && 'server' in socket && Boolean(socket.server);
}

/** The application takes the connection away from the response: no event of the response will tell the end. */
function patchDetach(): () => void {
  const place = 'http.ServerResponse.prototype.detachSocket';
  const watch = ourPart(place, (response: ServerResponse & Carrier, socket: unknown): void => {
    const inFlight = response[inFlightKey];
    // Node detaches each response itself when it has finished.
    if (inFlight === undefined || inFlight.hasEnded || response.writableFinished) return;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- anything else fails in Node's own
    const connection = socket as Socket;
    if (!response.headersSent) watchStatus(connection, inFlight, () => undefined);
    endWithConnection(connection, inFlight);
  });
  return patch(
    { target: ServerResponse.prototype, name: 'detachSocket', place },
    (original) =>
      function detachSocket(this: unknown, ...args: unknown[]): unknown {
        try {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
          watch(this as ServerResponse, args[0]);
        } catch (error) {
          reportFault(place, error);
        }
        return Reflect.apply(original, this, args);
      },
  );
}
