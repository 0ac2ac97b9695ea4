/** Answers what Node could not parse, as Node does, with a request id. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { newTraceId, requestIdFor } from '../trace/trace-id.ts';
import { headerSpelling } from './header-spelling.ts';
import { inFlightKey } from './in-flight.ts';
import type { Carrier } from './in-flight.ts';

/** Node's own choice (lib/_http_server.js, socketOnError); anything else is a 400. */
const statusByCode: ReadonlyMap<unknown, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/**
 * Writes the response that Node would have written and closes the connection. Nothing is written when a response has begun:
 * its bytes must not be mixed with ours.
 */
export function answerRejected(error: Error, socket: Socket, headerName: string): void {
  if (socket.writable && !hasBegunResponse(socket)) {
    const status = ('code' in error ? statusByCode.get(error.code) : undefined) ?? 400;
    // Of a request whose body broke or came too slowly the application has the head; of any other nothing was parsed, and its id is new.
    const inFlight = responseOn(socket)?.[inFlightKey];
    inFlight?.answeredRaw(status);
    const requestId = inFlight?.scope.requestId ?? requestIdFor(newTraceId());
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${headerSpelling(headerName)}: ${requestId}\r\n\r\n`,
    );
  }
  socket.destroy(error);
}

/** Node keeps the response in progress on the socket under an internal name, and asks the same question. */
function hasBegunResponse(socket: Socket): boolean {
  // Not `headersSent`, which is true already when a head was made and not one byte of it written.
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return responseOn(socket)?._headerSent === true;
}

interface ResponseInProgress extends Carrier {
  readonly _headerSent?: boolean;
}

function responseOn(socket: Socket & { _httpMessage?: ResponseInProgress | null }): ResponseInProgress | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return socket._httpMessage ?? undefined;
}
