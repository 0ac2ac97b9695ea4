/** Says on stderr what goes wrong with telemetry itself: each cause once, never the application's data. */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

import { DiagLogLevel } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';

import type { DiagLevel } from '../config/config.ts';
import { inOneLine } from '../config/shown-value.ts';
import { say } from '../standard-streams/say.ts';

/** Causes of one kind that are remembered; more different ones mean that something repeats itself with changing words. */
const maxCauses = 20;
/** Kinds are words of ours, and there are some dozen. */
const maxKinds = 50;
const otherKinds = 'other';

interface Kind {
  readonly causes: Set<string>;
  /** Reports that came when there was no room for their cause. */
  unsaidCount: number;
}

const kinds = new Map<string, Kind>();

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

/**
 * @param cause - What makes two reports the same one. Its first word is its kind: each kind has room of its own, so that many hints of
 * one kind never hide a fault of another.
 */
export function reportOnce(cause: string, message: string): void {
  const name = cause.split(' ', 1)[0] ?? '';
  const kind = kindNamed(kinds.has(name) || kinds.size < maxKinds ? name : otherKinds);
  if (kind.causes.has(cause)) return;
  if (kind.causes.size < maxCauses) {
    kind.causes.add(cause);
    report(message);
    return;
  }
  kind.unsaidCount += 1;
  if (kind.unsaidCount === 1) {
    report(
      `more than ${maxCauses} different reports of this kind; further ones are only counted. The first of those: ${message}`,
    );
  }
}

function kindNamed(name: string): Kind {
  const kind = kinds.get(name) ?? { causes: new Set(), unsaidCount: 0 };
  kinds.set(name, kind);
  return kind;
}

/** At the exit: how many reports there was no room for. Nothing when there was room for all. */
export function sayUnsaid(): void {
  let count = 0;
  for (const kind of kinds.values()) {
    count += kind.unsaidCount;
    kind.unsaidCount = 0;
  }
  if (count > 1) report(`${count - 1} reports were counted and not shown, each kind after its first ${maxCauses}`);
}

/** One line, whatever the message holds: others' servers have a word in it. */
export function report(message: string): void {
  say(`reqlens: ${inOneLine(message)}`);
}

/** OpenTelemetry's own diagnostics, with the same rule: errors and warnings once per cause, the rest as it comes. */
export const diagReport: DiagLogger = {
  error: (message, ...details) => onceIfPossible('error', message, details),
  warn: (message, ...details) => onceIfPossible('warning', message, details),
  info: always,
  debug: always,
  verbose: always,
};

/** Whoever reports is often in a `catch` that stands between a fault of ours and the application. */
function onceIfPossible(kind: string, message: string, details: readonly unknown[]): void {
  try {
    once(kind, message, details);
  } catch {
    // The stack is at its end, or what the fault says of itself fails: there is no other way to say it.
  }
}

function once(kind: string, message: string, details: readonly unknown[]): void {
  // Some frameworks (Next.js) say more about a request when it is over. The span cannot take it, and a user can do nothing about it.
  if (message.startsWith('Cannot execute the operation on ended Span')) return;
  // Ids and counts change from one report to the next; the sentence around them is the cause.
  reportOnce(`diag-${kind} ${message.replaceAll(/[\da-f]{8,}|\d+/gi, '#').slice(0, 80)}`, line(message, details));
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
