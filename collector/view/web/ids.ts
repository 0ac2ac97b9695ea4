/** What may stand in a URL as an id. Pure: no DOM. Received ids are never put into a path unchecked. */

const hex32 = /^(?!0{32})[\da-f]{32}$/;
const hex16 = /^(?!0{16})[\da-f]{16}$/;
const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
/** The characters and the length that reqlens takes in a request id. */
const requestId = /^[\w.@:+/=-]{1,128}$/;

/** 32 lower-case hex digits, not all zero (W3C Trace Context). */
export function isTraceId(text: string): boolean {
  return hex32.test(text);
}

/** 16 lower-case hex digits, not all zero (W3C Trace Context). */
export function isSpanId(text: string): boolean {
  return hex16.test(text);
}

/** Whether reqlens would accept the text as a request id. */
export function isRequestId(text: string): boolean {
  return requestId.test(text);
}

/** Whether someone who typed this most likely means one request: a UUID, a trace id, or one long word with a digit in it. */
export function looksLikeId(text: string): boolean {
  if (uuid.test(text) || isTraceId(text.toLowerCase())) return true;
  return isRequestId(text) && text.length >= 12 && /\d/.test(text) && !text.includes('/');
}
