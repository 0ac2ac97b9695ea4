/** Turns a written log line into an OpenTelemetry log record. */
import { context, diag, logs } from '@opentelemetry/api';
import type { AnyValue, LogRecord } from '@opentelemetry/api';

import { requestScope } from '../identity/request-scope.ts';
import { severityNumberFor } from './severity.ts';

/** Fields that have a place of their own in a record, or say what the resource says already. */
const elsewhere = new Set(['level', 'time', 'msg', 'logger', 'pid', 'hostname', 'err', 'request_id', 'trace_id', 'span_id', 'trace_flags']);

/**
 * @param logger - Name of the logger; becomes the scope's name.
 * @param line - One JSON object as written: what the application passed, after its serializers and redaction. Nothing that
 *   was kept out of the line gets into the record.
 */
export function emitLogRecord(logger: string, pinoLevel: number, line: string): void {
  const fields = parsed(line);
  if (fields === undefined) return;
  const record: LogRecord = {
    severityNumber: severityNumberFor(pinoLevel),
    severityText: String(fields['level']).toUpperCase(),
    body: fields['msg'] ?? '',
    timestamp: Date.parse(String(fields['time'])),
    attributes: attributesOf(fields),
  };
  logs.getLogger(logger).emit(record);
}

function parsed(line: string): Record<string, AnyValue> | undefined {
  try {
    return JSON.parse(line) as Record<string, AnyValue>;
  } catch (error) {
    diag.warn('logs: a line is not JSON and was not sent to the collector; it is on the console', error);
    return undefined;
  }
}

function attributesOf(fields: Record<string, AnyValue>): Record<string, AnyValue> {
  const attributes: Record<string, AnyValue> = {};
  for (const [key, value] of Object.entries(fields)) if (!elsewhere.has(key)) attributes[key] = value;
  const scope = requestScope(context.active());
  if (scope !== undefined) attributes['reqlens.request.id'] = scope.requestId;
  return Object.assign(attributes, exceptionAttributes(fields['err']));
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/ */
function exceptionAttributes(error: AnyValue): Record<string, AnyValue> {
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return error === undefined ? {} : { err: error };
  const { type, message, stack } = error as Record<string, AnyValue>;
  return {
    ...(type === undefined ? {} : { 'exception.type': type }),
    ...(message === undefined ? {} : { 'exception.message': message }),
    ...(stack === undefined ? {} : { 'exception.stacktrace': stack }),
  };
}
