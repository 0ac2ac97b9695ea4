/** Turns written log lines into OpenTelemetry log records. */
import { context, logs } from '@opentelemetry/api';
import type { AnyValue, LogRecord } from '@opentelemetry/api';

import { requestScope } from '../identity/request-scope.ts';
import { attributesOf, fieldsOf } from './line-attributes.ts';
import type { Fields } from './line-attributes.ts';
import { LineLoggerProvider } from './line-logger-provider.ts';
import type { LogLine } from './line-writer.ts';
import { severityNumberFor } from './severity.ts';

/**
 * A named logger's line. Nothing of it is read here while the logger provider is ours.
 *
 * @param logger - Name of the logger; becomes the scope's name.
 * @param line - As our own writer has made it: what has a name of ours there is ours.
 */
export function emitLogLine(logger: string, line: LogLine): void {
  const provider = logs.getLoggerProvider();
  if (provider instanceof LineLoggerProvider) provider.emitLine(logger, line);
  else emitLogRecord(logger, line.level, line.json);
}

/**
 * A line of anybody's, of the application's own pino for instance. The ids are those of the running request, whatever the line says.
 *
 * @param logger - Name of the logger; becomes the scope's name.
 * @param line - One JSON object as written: what the application passed, after its serializers and redaction. Nothing that
 *   was kept out of the line gets into the record.
 */
export function emitLogRecord(logger: string, pinoLevel: number, line: string): void {
  const target = logs.getLogger(logger);
  const severityNumber = severityNumberFor(pinoLevel);
  // Reading the line again is the expensive part, and without an exporter nobody asks for it.
  if (!target.enabled({ severityNumber })) return;
  const fields = fieldsOf(line);
  const record: LogRecord = {
    severityNumber,
    ...writtenFirst(line, pinoLevel),
    body: fields['msg'] ?? '',
    attributes: attributesWithIds(fields),
  };
  target.emit(record);
}

/**
 * Every line begins with these two, before anything of the application's, which may have fields of the same names further on: by our
 * writer as texts, by pino itself as numbers.
 */
const beginning =
  /^\{"level":(?:"(?<label>[^"]*)"|(?<level>\d+)),"time":(?:"(?<time>[^"]*)"|(?<milliseconds>\d{1,15})[,}])/;

const labels: ReadonlyMap<number, string> = new Map([
  [10, 'TRACE'],
  [20, 'DEBUG'],
  [30, 'INFO'],
  [40, 'WARN'],
  [50, 'ERROR'],
  [60, 'FATAL'],
]);

function writtenFirst(line: string, pinoLevel: number): Pick<LogRecord, 'severityText' | 'timestamp'> {
  const { label, time, milliseconds } = beginning.exec(line)?.groups ?? {};
  const severityText = label?.toUpperCase() ?? labels.get(pinoLevel);
  const severity = severityText === undefined ? {} : { severityText };
  const ms = milliseconds === undefined ? Date.parse(time ?? '') : Number(milliseconds);
  // A logger with a clock of its own: the time of emission has to do.
  if (Number.isNaN(ms)) return severity;
  // Seconds and nanoseconds, because the SDK's conversion of milliseconds is off by up to 200 ns.
  return { ...severity, timestamp: [Math.floor(ms / 1000), (ms % 1000) * 1_000_000] };
}

/** A field that the application gave one of the callers' names stays what it is: an attribute of that name. */
function attributesWithIds(fields: Fields): Fields {
  const scope = requestScope(context.active());
  const { id, account } = scope?.caller ?? {};
  const { request_id: _own, account_id: accountField, user_id: userField, ...others } = fields;
  const attributes: Record<string, AnyValue> = {};
  const put = (key: string, value: AnyValue): void => {
    if (value !== undefined) attributes[key] = value;
  };
  attributesOf(others, put);
  if (accountField !== account) put('account_id', accountField);
  if (userField !== id) put('user_id', userField);
  put('reqlens.request.id', scope?.requestId);
  put('reqlens.account.id', account);
  put('user.id', id);
  return attributes;
}
