/** `Server-Timing` behind the body of a response that is sent in chunks, when the client says that it reads trailers. */
import type { ServerResponse } from 'node:http';

import { guarded } from '../patch.ts';

/** What the head will be. */
export interface ComingHead {
  readonly statusCode: number;
  readonly get: (name: string) => string | undefined;
}

/**
 * Whether Node will send the body in chunks (lib/_http_outgoing.js, _storeHeader; it throws when a `Trailer` is announced and it does not),
 * and the client takes trailers (https://www.rfc-editor.org/rfc/rfc9110#field.te).
 */
export function canHaveTrailer(response: ServerResponse, { statusCode, get }: ComingHead): boolean {
  const { method, headers, httpVersion } = response.req;
  const hasBody = method !== 'HEAD' && statusCode >= 200 && statusCode !== 204 && statusCode !== 304;
  const encoding = get('transfer-encoding');
  return (
    /(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(String(headers.te ?? '')) &&
    httpVersion === '1.1' &&
    hasBody &&
    get('content-length') === undefined &&
    (encoding === undefined || /(?:^|,)\s*chunked$/i.test(encoding)) &&
    !isWholeOrUnchunked(response)
  );
}

/**
 * The whole body is at hand, or the application has taken `Transfer-Encoding` away. Node has no other way to tell: `_contentLength` is set
 * when `end` writes the head, and for it the figures so far are as good as final.
 */
function isWholeOrUnchunked(response: ServerResponse): boolean {
  return typeof Reflect.get(response, '_contentLength') === 'number' || Reflect.get(response, '_removedTE') === true;
}

/** @param timing - Asked when the body is whole; undefined adds nothing. */
export function addTimingTrailer(response: ServerResponse, timing: () => string | undefined): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { end } = response;
  const place = 'response.end of a measured response';
  const addTrailer = guarded(place, () => {
    if (response.chunkedEncoding && !response.writableEnded) append(response, timing());
  });
  // On this one response only: all others keep the prototype's.
  response.end = function endWithTrailer(this: ServerResponse, ...args: unknown[]): ServerResponse {
    if (response.end === endWithTrailer) response.end = end;
    addTrailer();
    return Reflect.apply(end, this, args);
  } as ServerResponse['end'];
}

/** `addTrailers` forgets those that were added before; Node keeps them as text. */
function append(response: ServerResponse, timing: string | undefined): void {
  if (timing === undefined) return;
  const before: unknown = Reflect.get(response, '_trailer');
  response.addTrailers({ 'Server-Timing': timing });
  if (typeof before !== 'string' || before === '') return;
  Reflect.set(response, '_trailer', `${before}${String(Reflect.get(response, '_trailer'))}`);
}
