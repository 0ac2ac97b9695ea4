/** What may be a request id. Pure. */

/** 1-128 characters of `[A-Za-z0-9_.@:+/=-]`: safe in a header, a log line, a URL path (encoded) and a page. */
export type RequestId = string & { readonly __requestId: unique symbol };

/** Longer ids are dropped: room for two UUIDs and a prefix, and no room for a payload. */
export const maxRequestIdLength = 128;

const allowed = /^[\w.@:+/=-]+$/;

/**
 * Takes an id that came with a request.
 *
 * @param raw - The header's value as Node gives it; several headers of one name arrive joined by a comma and so fail.
 * @returns The id with its spelling kept, or undefined when it must not be used: empty, too long, or with other characters.
 */
export function acceptRequestId(raw: string | undefined): RequestId | undefined {
  if (raw === undefined || raw.length === 0 || raw.length > maxRequestIdLength || !allowed.test(raw)) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the maker of an accepted RequestId
  return raw as RequestId;
}
