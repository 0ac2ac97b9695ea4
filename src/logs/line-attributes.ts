/** The attributes of a log record, out of the fields of a log line. */
import { diag } from '@opentelemetry/api';
import type { AnyValue } from '@opentelemetry/api';

export type Fields = Readonly<Record<string, AnyValue>>;

/** Takes the attributes one by one. */
export type PutAttribute = (key: string, value: AnyValue) => void;

/** Fields that have a place of their own in a record, or say what the resource says already; and those with another name there. */
const places: ReadonlyMap<string, string | undefined> = new Map([
  ['level', undefined],
  ['time', undefined],
  ['msg', undefined],
  ['logger', undefined],
  ['pid', undefined],
  ['hostname', undefined],
  ['trace_id', undefined],
  ['span_id', undefined],
  ['trace_flags', undefined],
  ['request_id', 'reqlens.request.id'],
  ['account_id', 'reqlens.account.id'],
  ['user_id', 'user.id'],
  // A key that sets no property.
  ['__proto__', 'app.__proto__'],
]);

/** Attributes of ours that have the names of conventions: an application's field of that name counts while we know nothing better. */
const betterFrom: ReadonlyMap<string, string> = new Map([['user.id', 'user_id']]);

/** Attributes with such a name are ours alone. */
export const ownAttributePrefix = 'reqlens.';

/** @param fields - Of a line that our own writer has made: what has a name of ours there is ours. */
export function attributesOf(fields: Fields, put: PutAttribute): void {
  for (const key of Object.keys(fields)) {
    const name = attributeName(key);
    const better = betterFrom.get(key);
    const isTaken = better !== undefined && better in fields;
    const value = fields[key];
    if (name !== undefined && name !== 'err' && !isTaken && value !== undefined) put(name, value);
  }
  putException(fields['err'], put);
}

function attributeName(key: string): string | undefined {
  if (places.has(key)) return places.get(key);
  return key.startsWith(ownAttributePrefix) ? `app.${key}` : key;
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/ */
function putException(error: AnyValue, put: PutAttribute): void {
  if (error === undefined) return;
  if (!isFields(error)) {
    put('err', error);
    return;
  }
  const { type, message, stack } = error;
  if (type !== undefined) put('exception.type', type);
  if (message !== undefined) put('exception.message', message);
  if (stack !== undefined) put('exception.stacktrace', stack);
}

/** @param line - One JSON object. @returns Its fields; of anything else the text as the message, which is better than nothing. */
export function fieldsOf(line: string): Fields {
  try {
    const fields: AnyValue = JSON.parse(line);
    if (isFields(fields)) return fields;
    diag.warn('logs: a line is not a JSON object and was sent to the collector as it is');
  } catch (error) {
    diag.warn('logs: a line is not JSON and was sent to the collector as it is', error);
  }
  return { msg: line.trimEnd() };
}

function isFields(value: AnyValue): value is Record<string, AnyValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

export function textOf(value: AnyValue): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
