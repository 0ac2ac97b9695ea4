/** Says on stderr what goes wrong with telemetry itself: each cause once, never the application's data. */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

import { DiagLogLevel } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';

import type { DiagLevel } from '../config/config.ts';
import { inOneLine } from '../config/shown-value.ts';
import { say } from '../standard-streams/say.ts';

/** Causes remembered; a hundred different ones means that something repeats itself with changing words. */
const maxCauses = 100;
const said = new Set<string>();

/** Worker threads start with what was said before them; they run the preload too, and would say it all again. */
const speakerKey = 'reqlens speaker';

/**
 * Whether this thread speaks about what concerns the whole process: its environment, its collector. The main thread does, and a
 * worker only when the main thread has no telemetry.
 */
export function speaksForProcess(): boolean {
  if (isMainThread) setEnvironmentData(speakerKey, true);
  return isMainThread || getEnvironmentData(speakerKey) !== true;
}

/** @param cause - What makes two reports the same one. */
export function reportOnce(cause: string, message: string): void {
  if (said.has(cause) || said.size >= maxCauses) return;
  said.add(cause);
  report(message);
}

/** One line, whatever the message holds: others' servers have a word in it. */
export function report(message: string): void {
  say(`reqlens: ${inOneLine(message)}`);
}

/** OpenTelemetry's own diagnostics, with the same rule: errors and warnings once per cause, the rest as it comes. */
export const diagReport: DiagLogger = {
  error: once,
  warn: once,
  info: always,
  debug: always,
  verbose: always,
};

function once(message: string, ...details: unknown[]): void {
  // Ids and counts change from one report to the next; the sentence around them is the cause.
  reportOnce(`diag ${message.replaceAll(/[\da-f]{8,}|\d+/gi, '#').slice(0, 80)}`, line(message, details));
}

function always(message: string, ...details: unknown[]): void {
  report(line(message, details));
}

function line(message: string, details: readonly unknown[]): string {
  return [message, ...details.map(describe)].join(' ').slice(0, 1000);
}

function describe(detail: unknown): string {
  if (detail instanceof Error) return detail.stack ?? detail.message;
  if (typeof detail === 'string') return detail;
  try {
    return JSON.stringify(detail) ?? String(detail);
  } catch {
    // Circular, or a getter that throws: the sentence before it has to do.
    return '(details cannot be shown)';
  }
}

/** `OTEL_LOG_LEVEL` in the terms of the API. */
export function diagLevelFor(level: DiagLevel): DiagLogLevel {
  switch (level) {
    case 'none':
      return DiagLogLevel.NONE;
    case 'error':
      return DiagLogLevel.ERROR;
    case 'warn':
      return DiagLogLevel.WARN;
    case 'info':
      return DiagLogLevel.INFO;
    case 'debug':
      return DiagLogLevel.DEBUG;
    case 'verbose':
      return DiagLogLevel.VERBOSE;
    case 'all':
      return DiagLogLevel.ALL;
    default:
      return level satisfies never;
  }
}
