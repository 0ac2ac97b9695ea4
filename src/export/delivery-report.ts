/** Says on stderr what becomes of telemetry, in sentences of its own for each kind of trouble. */
import { counted, countLost } from './losses.ts';
import type { Items } from './losses.ts';
import { report, reportOnce, speaksForProcess } from './self-report.ts';
import type { Rejected, Route, Sent } from './sent.ts';
import { headOf, isNobodyThere } from './trouble-reason.ts';
import { Troubles } from './troubles.ts';
import type { Subject, Trouble } from './troubles.ts';

const troubles = new Troubles(report);

/** What is in a batch of a signal. */
export const itemsOf: Readonly<Record<Route['signal'], Items>> = {
  trace: 'spans',
  logs: 'log records',
  metrics: 'data points',
};

/** To be called for each request that was really made. */
export function attempted(route: Route, itemCount: number, sent: Sent): void {
  const { origin } = new URL(route.url);
  if (sent.status === 'retry') {
    didNotTake(origin, sent.reason);
    return;
  }
  troubles.over(receiver(origin).key);
  const items = itemsOf[route.signal];
  if (sent.status === 'refused') {
    // One that is too large comes again in halves; what is left of it in the end is told by the one who halves.
    if (!sent.isTooLarge) refused(items, itemCount, sent.reason);
    return;
  }
  troubles.over(refusal(items).key);
  if (sent.rejected === undefined) troubles.over(rejection(items).key);
  else rejected(items, itemCount, sent.rejected);
}

/** Telemetry waits. One sentence for one receiver, whoever has found out. */
export function didNotTake(origin: string, reason: string): void {
  const nobody = `no collector answers at ${origin} (${inBrackets(headOf(reason))}); telemetry waits and goes out when one does. ${hintFor(origin)}`;
  const busy = `the collector at ${origin} does not take telemetry: ${reason}; it waits and is sent again`;
  happened(receiver(origin), { reason, sentence: isNobodyThere(reason) ? nobody : busy, count: 1 });
}

/** One that is started answers on this machine alone; elsewhere the address is wrong, or somebody has to look there. */
function hintFor(origin: string): string {
  return isThisMachine(new URL(origin).hostname)
    ? 'Start one with: npx reqlens collector'
    : 'The address is set by OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT';
}

/** @param hostname - As URL has it: addresses in full, IPv6 in brackets. */
function isThisMachine(hostname: string): boolean {
  const isNamed = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isNamed || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

function inBrackets(reason: string): string {
  return reason.replace(' (', ', ').replace(/\)$/, '');
}

/** A batch, or the single item that was too large. */
export function refused(items: Items, count: number, reason: string): void {
  countLost(items, count, headOf(reason));
  happened(refusal(items), {
    reason,
    sentence: `the collector refused ${counted(count, items)}: ${reason}; dropped`,
    count,
  });
}

/** There was no room for items. */
export function dropped(items: Items, count: number, why: string): void {
  countLost(items, count, headOf(why));
  happened(dropping(items), { reason: why, sentence: `dropped ${counted(count, items)}: ${why}`, count });
}

/** There is room again. */
export function droppedNoMore(items: Items): void {
  troubles.over(dropping(items).key);
}

export function unencodable(items: Items, count: number): void {
  countLost(items, count, 'not encodable');
  reportOnce(`unencodable ${items}`, `dropped ${counted(count, items)}: not encodable`);
}

/**
 * Without a number it is a warning, of which everything was taken.
 *
 * @param itemCount - Of the batch: a receiver that says that it rejected more does not know.
 */
export function rejected(items: Items, itemCount: number, { count: saidCount, message }: Rejected): void {
  const count = Math.min(itemCount, saidCount);
  if (count === 0) {
    if (speaksForProcess()) reportOnce(`warning ${message}`, `the collector takes ${items} with a warning: ${message}`);
    return;
  }
  countLost(items, count, 'rejected');
  const words = message === '' ? '' : `: ${message}`;
  const sentence = `the collector rejected ${counted(count, items)} of a batch that it took otherwise${words}; dropped`;
  happened(rejection(items), { reason: 'rejected', sentence, count });
}

function happened(subject: Subject, trouble: Trouble): void {
  if (speaksForProcess()) troubles.happened(subject, trouble);
}

function receiver(origin: string): Subject {
  return {
    key: `receiver ${origin}`,
    still: `the collector at ${origin} still does not take telemetry`,
    over: `the collector at ${origin} takes telemetry again`,
    counted: 'tries failed',
  };
}

function refusal(items: Items): Subject {
  return {
    key: `refused ${items}`,
    still: `the collector still refuses ${items}`,
    over: `the collector takes ${items} again`,
    counted: `${items} refused and dropped`,
  };
}

function rejection(items: Items): Subject {
  return {
    key: `rejected ${items}`,
    still: `the collector still rejects ${items}`,
    over: `the collector takes all ${items} again`,
    counted: `${items} rejected and dropped`,
  };
}

function dropping(items: Items): Subject {
  return {
    key: `dropped ${items}`,
    still: `${items} are still dropped`,
    over: `no more ${items} are dropped`,
    counted: `${items} dropped`,
  };
}
