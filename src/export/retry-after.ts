/** When a receiver wants to be asked again. Pure. Whoever waits has a floor and a ceiling of their own: what comes here may be anything. */
import { protobufFields } from './protobuf-fields.ts';

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7: all three forms begin with the day's name. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * `Retry-After` (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), fractions of a second too.
 *
 * @param date - The answer's `Date`: a date is meant by the clock that set it, which may be hours from ours.
 * @returns Milliseconds, 0 or more; undefined when there is none that can be read.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined): number | undefined {
  const text = header?.trim() ?? '';
  if (/^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Math.max(0, Number(text) * 1000);
  const atMs = httpDate.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) return undefined;
  const theirNowMs = Date.parse(date ?? '');
  return Math.max(0, atMs - (Number.isNaN(theirNowMs) ? Date.now() : theirNowMs));
}

const retryInfo = 'google.rpc.RetryInfo';

/**
 * The delay of a google.rpc.RetryInfo among a google.rpc.Status' details
 * (https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto).
 *
 * @param details - The trailer `grpc-status-details-bin`, base64.
 * @returns Milliseconds, 0 or more; undefined when there is none.
 */
export function retryInfoMs(details: string | undefined): number | undefined {
  if (details === undefined) return undefined;
  for (const any of protobufFields(Buffer.from(details, 'base64')).messages(3)) {
    const { text, messages } = protobufFields(any);
    if (!text(1).endsWith(`/${retryInfo}`)) continue;
    const delay = protobufFields(
      protobufFields(messages(2)[0] ?? any.subarray(0, 0)).messages(1)[0] ?? any.subarray(0, 0),
    );
    return Math.max(0, delay.number(1) * 1000 + delay.number(2) / 1e6);
  }
  return undefined;
}
