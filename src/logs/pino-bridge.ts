/** The application's own pino lines as log records; what pino writes, and where, stays as it is. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { AnyValue, HrTime } from '@opentelemetry/api';

import { ourPart } from '../patch.ts';
import { bridging, cutText, emitBridged, isWanted, maxTextLength } from './bridged-record.ts';
import type { Fields } from './bridged-record.ts';
import { logIdentity } from './log-identity.ts';
import { pinoSetting } from './pino-settings.ts';
import { severityNumberFor } from './severity.ts';

/** What pino (9.8 and later) publishes when a line is made. */
interface MadeLine {
  readonly instance: object;
  /** Object, message, level number, time as text of the line. */
  readonly arguments: ArrayLike<unknown>;
  /** The line. Absent when making it threw. */
  readonly result?: unknown;
}

const channelName = 'tracing:pino_asJson:end';

/** Fields of a line that have a place of their own in a record, or say what the resource says already. */
const elsewhere = new Set(['level', 'time', 'pid', 'hostname', 'name']);

/**
 * Records are made from the lines as they were written: what serializers and redaction kept out of a line gets into no record. Call
 * it after `addIdsToPino`.
 *
 * @returns Stops it.
 */
export function bridgePino(): () => void {
  subscribe(channelName, onLine);
  return () => unsubscribe(channelName, onLine);
}

const sendLine = ourPart(`channel ${channelName}`, (message: unknown): void => {
  // Named loggers do not come through here: they make their lines themselves (line-writer.ts).
  if (isMadeLine(message)) send(message);
});

function onLine(message: unknown): void {
  bridging(() => sendLine(message));
}

function isMadeLine(message: unknown): message is MadeLine {
  return (
    typeof message === 'object' &&
    message !== null &&
    'instance' in message &&
    typeof message.instance === 'object' &&
    message.instance !== null &&
    'arguments' in message
  );
}

function send({ instance, arguments: args, result }: MadeLine): void {
  const level = args[2];
  if (typeof result !== 'string' || typeof level !== 'number') return;
  const severityNumber = severityNumberFor(level);
  const scope = scopeOf(instance);
  if (!isWanted(scope, severityNumber)) return;
  emitBridged({
    scope,
    severityNumber,
    severityText: labelOf(instance, level),
    timestamp: timeOf(args[3]),
    ...contentOf(instance, result.trimEnd()),
  });
}

interface Content {
  readonly body: AnyValue;
  readonly attributes: Fields;
}

/** A line that cannot or need not be taken apart is sent as it is: longer than a record may be, or (pino's Symbol as message) no JSON. */
function contentOf(instance: object, line: string): Content {
  const fields = line.length > maxTextLength ? undefined : parsed(line);
  if (fields === undefined) return { body: cutText(line), attributes: {} };
  const messageKey = textSetting(instance, 'messageKey') ?? 'msg';
  const errorKey = textSetting(instance, 'errorKey') ?? 'err';
  const body = fields[messageKey] ?? '';
  // What we have added to the line is in the record already; a field of the application's by the same name stays.
  const ids = new Map<string, unknown>(Object.entries(logIdentity()));
  const attributes: Fields = {};
  for (const [key, value] of Object.entries(fields)) {
    const isElsewhere = elsewhere.has(key) || key === messageKey || key === errorKey || ids.get(key) === value;
    // As the attribute's name it would be the object's prototype; named loggers call it so, too.
    if (!isElsewhere) attributes[key === '__proto__' ? 'app.__proto__' : key] = value;
  }
  return { body, attributes: { ...attributes, ...exceptionOf(fields[errorKey], errorKey) } };
}

function parsed(line: string): Fields | undefined {
  try {
    const fields: AnyValue = JSON.parse(line);
    return isMap(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}

/** As pino's serializer writes errors; what else one has stays under its own name. */
function exceptionOf(error: AnyValue, errorKey: string): Fields {
  if (error === undefined) return {};
  if (!isMap(error)) return { [errorKey]: error };
  const { type, message, stack, ...others } = error;
  return {
    ...(type === undefined ? {} : { 'exception.type': type }),
    ...(message === undefined ? {} : { 'exception.message': message }),
    ...(stack === undefined ? {} : { 'exception.stacktrace': stack }),
    ...(Object.keys(others).length === 0 ? {} : { [errorKey]: others }),
  };
}

function isMap(value: AnyValue): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The API keeps a logger for each name; an application that makes up names gets the common one for the rest. */
const maxScopes = 200;
const scopes = new Set<string>();
const scopeByBindings = new WeakMap<object, { readonly bindings: unknown; readonly scope: string }>();

/** pino's `name` option, or that of a child. Bindings can be changed later, so they are compared. */
function scopeOf(instance: object): string {
  const bindings = pinoSetting(instance, 'chindings');
  const known = scopeByBindings.get(instance);
  if (known?.bindings === bindings && known !== undefined) return known.scope;
  const name = typeof bindings === 'string' ? parsed(`{${bindings.slice(1)}}`)?.['name'] : undefined;
  const isUsable = typeof name === 'string' && name !== '' && name.length <= 256;
  const scope = isUsable && (scopes.has(name) || scopes.size < maxScopes) ? name : 'pino';
  scopes.add(scope);
  scopeByBindings.set(instance, { bindings, scope });
  return scope;
}

/** `INFO`; custom levels by their own names. */
function labelOf(instance: object, level: number): string {
  const levels: unknown = Reflect.get(instance, 'levels');
  const labels: unknown = typeof levels === 'object' && levels !== null && 'labels' in levels ? levels.labels : {};
  const label: unknown = typeof labels === 'object' && labels !== null ? Reflect.get(labels, level) : undefined;
  return typeof label === 'string' ? label.toUpperCase() : String(level);
}

function textSetting(instance: object, name: string): string | undefined {
  const value = pinoSetting(instance, name);
  return typeof value === 'string' ? value : undefined;
}

/**
 * pino's clock is the application's choice: `,"time":1763932800000` by default, seconds, nanoseconds, an ISO text or nothing. A clock
 * that is none of these (a test's, a counter) is not believed.
 */
function timeOf(text: unknown): HrTime | undefined {
  const value = typeof text === 'string' ? text.slice(text.indexOf('":') + 2).replaceAll('"', '') : '';
  if (/^\d{19}$/.test(value)) return [Number(value.slice(0, 10)), Number(value.slice(10))];
  const ms = /^\d{13}$/.test(value)
    ? Number(value)
    : /^\d{10}(?:\.\d+)?$/.test(value)
      ? Number(value) * 1000
      : Date.parse(value);
  // Seconds and nanoseconds, because the SDK's conversion of milliseconds is off by up to 200 ns.
  return ms > 1e12 ? [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)] : undefined;
}
