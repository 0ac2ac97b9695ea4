/** What the application prints by `console.*`, as log records. What stands on the console stays as it is. */
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { format } from 'node:util';

import { SeverityNumber } from '@opentelemetry/api';

import { ourPart } from '../patch.ts';
import { bridging, cutText, emitBridged, isWanted, maxTextLength } from './bridged-record.ts';
import type { Fields } from './bridged-record.ts';

/**
 * Node publishes the arguments of these (https://nodejs.org/api/diagnostics_channel.html#console), of `console` and of every other
 * Console. `trace` comes as `error`, `assert` as `warn`, `table` and `group` as `log`; `dir`, which the SDK prints with, not at all.
 */
const methods = [
  ['debug', SeverityNumber.DEBUG, 'DEBUG'],
  ['log', SeverityNumber.INFO, 'INFO'],
  ['info', SeverityNumber.INFO, 'INFO'],
  ['warn', SeverityNumber.WARN, 'WARN'],
  ['error', SeverityNumber.ERROR, 'ERROR'],
] as const;

const scope = 'console';

/**
 * Text as `console` writes it, bounded; the first Error among the arguments also gives `exception.*`. Nothing is redacted: it is text.
 *
 * @returns Stops it.
 */
export function bridgeConsole(): () => void {
  const stops = methods.map(([method, severityNumber, severityText]) => {
    const { name } = channel(`console.${method}`);
    const send = ourPart(`channel console.${method}`, (args: unknown): void => {
      if (!Array.isArray(args) || !isWanted(scope, severityNumber)) return;
      const body = textOf(args);
      if (body === undefined) return;
      emitBridged({ scope, severityNumber, severityText, body, attributes: exceptionOf(args) });
    });
    const listener = (args: unknown): void => bridging(() => send(args));
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Undefined when the arguments cannot be shown: then `console` throws to the application, and prints nothing either. */
function textOf(args: readonly unknown[]): string | undefined {
  try {
    // Formatting copies: a long text is cut before, and again when it has become longer.
    const longest = Math.max(0, ...args.map((arg) => (typeof arg === 'string' ? arg.length : 0)));
    const text = format(...args.map((arg) => (typeof arg === 'string' ? arg.slice(0, maxTextLength + 1) : arg)));
    return cutText(text, Math.max(text.length, longest));
  } catch {
    return undefined;
  }
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/ */
function exceptionOf(args: readonly unknown[]): Fields {
  const error = args.find((arg) => arg instanceof Error);
  if (!(error instanceof Error)) return {};
  const attributes: Fields = {};
  for (const [name, field] of [
    ['exception.type', 'name'],
    ['exception.message', 'message'],
    ['exception.stacktrace', 'stack'],
  ] as const) {
    const value = read(error, field);
    if (typeof value === 'string') attributes[name] = cutText(value);
  }
  return attributes;
}

function read(error: Error, field: 'name' | 'message' | 'stack'): unknown {
  try {
    return error[field];
  } catch {
    // A getter of the application's: the record does without that field.
    return undefined;
  }
}
