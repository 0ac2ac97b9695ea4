/** Puts the request id into the bodies of errors. */
import { requestScope } from '../identity/request-scope.ts';

/** Longer ones are no error messages. Characters. */
const maxLength = 65_536;

/** `application/json`, `application/problem+json` and their like. */
export function isJsonType(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType);
}

/** Asked for by name; a star takes everything and prefers nothing. */
export function asksForJson(accept: string | undefined): boolean {
  return accept !== undefined && /\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept);
}

/**
 * @param body - JSON.
 * @returns The same text with `request_id` as its last field; undefined when it is no object, has one already, or outside a request.
 */
export function withRequestId(body: string): string | undefined {
  const requestId = requestScope()?.requestId;
  if (requestId === undefined || body.length > maxLength) return undefined;
  const fields = fieldsOf(body);
  if (fields === undefined || fields.includes('request_id')) return undefined;
  const end = body.lastIndexOf('}');
  // As text, because numbers beyond 2^53 would not survive being parsed and written.
  return `${body.slice(0, end)}${fields.length === 0 ? '' : ','}"request_id":${JSON.stringify(requestId)}${body.slice(end)}`;
}

/** An error that was thrown, for those who ask for JSON; undefined outside a request. */
export function errorJson(message: string): string | undefined {
  return withRequestId(JSON.stringify({ error: message }));
}

function fieldsOf(body: string): readonly string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? Object.keys(parsed) : undefined;
  } catch {
    // Whatever it says it is, it is no JSON: it goes out as it is.
    return undefined;
  }
}
