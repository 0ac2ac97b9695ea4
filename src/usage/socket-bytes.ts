/** Bytes of one request on its own connection, which others may use before and after it. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { guarded } from '../patch.ts';

/** Of one request; the head counts as it is sent on the wire when its sender writes headers as everybody does. */
export interface OwnSocketBytes {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/**
 * Read: request line and headers as the parser gives them (it drops spaces around values, which nobody sends), and the body's bytes,
 * without chunk framing: on a kept-alive connection Node tells no more. Written: what the connection says, from the moment
 * the response may use it; pipelined responses wait for each other.
 */
export class OwnSocketMeter {
  readonly #request: IncomingMessage;
  readonly #headBytes: number;
  #bodyBytes = 0;
  #writtenBefore: number | undefined;

  /** @param failed - Told of a fault of ours, which must not reach the parser. */
  constructor(request: IncomingMessage, response: ServerResponse, failed: (error: unknown) => void) {
    this.#request = request;
    this.#headBytes = headBytesOf(request);
    if (response.socket !== null) this.responseStarts();
    this.#countBody(failed);
  }

  /** The response has got the connection. */
  responseStarts(): void {
    this.#writtenBefore ??= this.#request.socket.bytesWritten;
  }

  /** Until now. */
  read(): OwnSocketBytes {
    const { bytesWritten } = this.#request.socket;
    const writtenBytes = this.#writtenBefore === undefined ? 0 : bytesWritten - this.#writtenBefore;
    return { readBytes: this.#headBytes + this.#bodyBytes, writtenBytes: Math.max(0, writtenBytes) };
  }

  /** Counts no more, and leaves the request as it was. */
  close(): void {
    Reflect.deleteProperty(this.#request, 'push');
  }

  /** The parser pushes the body; that is before the application reads it, and also when it never does. */
  #countBody(failed: (error: unknown) => void): void {
    const request = this.#request;
    if (Object.hasOwn(request, 'push')) return;
    const count = guarded(
      'push of a measured request',
      (chunk: unknown) => {
        if (chunk instanceof Uint8Array) this.#bodyBytes += chunk.byteLength;
      },
      failed,
    );
    const counted = (chunk: unknown, ...rest: unknown[]): unknown => {
      count(chunk);
      return Reflect.apply(Object.getPrototypeOf(request).push, request, [chunk, ...rest]);
    };
    Object.defineProperty(request, 'push', { value: counted, writable: true, configurable: true, enumerable: false });
  }
}

/** `GET / HTTP/1.1`, a line per header, an empty line. */
function headBytesOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): number {
  const line = method.length + 1 + url.length + ' HTTP/'.length + httpVersion.length + 2;
  // Names are followed by a colon and a space, values by the end of the line; both are Latin-1, a byte a character.
  return line + rawHeaders.reduce((bytes, text) => bytes + text.length + 2, 0) + 2;
}
