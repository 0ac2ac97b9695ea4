/** Turns a written log line into an OpenTelemetry log record. */
import { context, diag, logs } from '@opentelemetry/api';
import type { AnyValue, LogRecord } from '@opentelemetry/api';

import { requestScope } from '../identity/request-scope.ts';
import { severityNumberFor } from './severity.ts';

/** Fields that have a place of their own in a record, or say what the resource says already. */
const elsewhere = new Set([
  'level',
  'time',
  'msg',
  'logger',
  'pid',
  'hostname',
  'err',
  'request_id',
  'trace_id',
  'span_id',
  'trace_flags',
]);

/**
 * @param logger - Name of the logger; becomes the scope's name.
 * @param line - One JSON object as written: what the application passed, after its serializers and redaction. Nothing that
 *   was kept out of the line gets into the record.
 */
export function emitLogRecord(logger: string, pinoLevel: number, line: string): void {
  const target = logs.getLogger(logger);
  const severityNumber = severityNumberFor(pinoLevel);
  // Reading the line again is the expensive part, and without an exporter nobody asks for it.
  if (!target.enabled({ severityNumber })) return;
  const fields = parsed(line);
  if (fields === undefined) return;
  const record: LogRecord = {
    severityNumber,
    ...writtenFirst(line),
    body: fields['msg'] ?? '',
    attributes: attributesOf(fields),
  };
  target.emit(record);
}

/** Every line begins with these two, before anything of the application's, which may have fields of the same names further on. */
const beginning = /^\{"level":"(?<level>[^"]*)","time":"(?<time>[^"]*)"/;

function writtenFirst(line: string): Pick<LogRecord, 'severityText' | 'timestamp'> {
  const { level = '', time = '' } = beginning.exec(line)?.groups ?? {};
  const ms = Date.parse(time);
  // A logger with a clock of its own: the time of emission has to do.
  if (Number.isNaN(ms)) return { severityText: level.toUpperCase() };
  // Seconds and nanoseconds, because the SDK's conversion of milliseconds is off by up to 200 ns.
  return { severityText: level.toUpperCase(), timestamp: [Math.floor(ms / 1000), (ms % 1000) * 1_000_000] };
}

type Fields = Record<string, AnyValue>;

function parsed(line: string): Fields | undefined {
  try {
    const fields: AnyValue = JSON.parse(line);
    return isFields(fields) ? fields : undefined;
  } catch (error) {
    diag.warn('logs: a line is not JSON and was not sent to the collector; it is on the console', error);
    return undefined;
  }
}

function isFields(value: AnyValue): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function attributesOf(fields: Fields): Fields {
  const attributes: Fields = {};
  for (const [key, value] of Object.entries(fields)) if (!elsewhere.has(key)) attributes[key] = value;
  const scope = requestScope(context.active());
  if (scope !== undefined) attributes['reqlens.request.id'] = scope.requestId;
  return Object.assign(attributes, exceptionAttributes(fields['err']));
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/ */
function exceptionAttributes(error: AnyValue): Fields {
  if (!isFields(error)) return error === undefined ? {} : { err: error };
  const { type, message, stack } = error;
  return {
    ...(type === undefined ? {} : { 'exception.type': type }),
    ...(message === undefined ? {} : { 'exception.message': message }),
    ...(stack === undefined ? {} : { 'exception.stacktrace': stack }),
  };
}
