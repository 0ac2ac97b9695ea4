/** Sends what an application logs by other means than our loggers; must never call itself, nor throw into the line it comes from. */
import { context, diag, logs } from '@opentelemetry/api';
import type { AnyValue, HrTime, SeverityNumber } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';

import { callerAttributes } from '../identity/caller.ts';
import { requestScope } from '../identity/request-scope.ts';

/** Attributes of a log record, which may be nested. */
export type Fields = Record<string, AnyValue>;

export interface BridgedRecord {
  /** Name of the logger; becomes the scope's name. */
  readonly scope: string;
  readonly severityNumber: SeverityNumber;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: Fields;
  /** Undefined: now. Seconds and nanoseconds. */
  readonly timestamp?: HrTime | undefined;
}

/** Longer texts are cut: a record is for reading, and waits in memory with 2,047 others. Characters. */
export const maxTextLength = 65_536;

let isBridging = false;

/**
 * Runs a bridge for one line. What is printed meanwhile is not bridged, whoever prints it: a value's own way of being shown, the SDK,
 * its diagnostics. Nor is what an exporter says while it sends.
 */
export function bridging(action: () => void): void {
  if (isBridging || isTracingSuppressed(context.active())) return;
  isBridging = true;
  try {
    action();
  } catch (error) {
    diag.warn(
      'logs: a line of the application could not be sent to the collector; it is where the application put it',
      error,
    );
  } finally {
    isBridging = false;
  }
}

/** Asked before the work that a record makes. */
export function isWanted(scope: string, severityNumber: SeverityNumber): boolean {
  return logs.getLogger(scope).enabled({ severityNumber });
}

/** With the ids and the caller of the request that is running. */
export function emitBridged({ scope, timestamp, attributes, ...record }: BridgedRecord): void {
  const request = requestScope();
  const identity =
    request === undefined ? {} : { 'reqlens.request.id': request.requestId, ...callerAttributes(request.caller) };
  logs.getLogger(scope).emit({
    ...record,
    ...(timestamp === undefined ? {} : { timestamp }),
    // Last, so that no field of the application's can pass for ours.
    attributes: { ...attributes, ...identity },
  });
}

/** Cut with a mark that says how much there was; never in the middle of a pair of surrogates. */
export function cutText(text: string, length: number = text.length): string {
  if (length <= maxTextLength && text.length <= maxTextLength) return text;
  const kept = text.slice(0, maxTextLength).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}… (cut: ${length} characters)`;
}
