/**
 * What became of each item that did not arrive, by evidence about this very item: what the receiver answered to the batch that it was in,
 * and what happened to the process that had it. Pure: no clock, no disk.
 */
import type { FullTime } from './disk.ts';
import { spansOf } from './orders.ts';
import type { Order } from './orders.ts';
import type { Carried, Sighting } from './post-log.ts';
import type { Life } from './started-process.ts';
import type { Stored } from './stored.ts';

/** A span or record of an answered order that the collector does not have. */
export interface Missing {
  readonly order: Order;
  readonly carried: Carried;
  /** Requests that it was in. */
  readonly sightings: readonly Sighting[];
}

/**
 * `refused`: for ever, by the receiver. `killed`: in a batch that was being built, or under way, when SIGKILL came. `unkept`: the same, in one
 * that waited in memory because the disk was full, which was said. `lost`: none of these, so it must have been counted.
 */
export type Fate =
  | { readonly kind: 'refused'; readonly by: Life }
  | { readonly kind: 'killed'; readonly life: Life }
  | { readonly kind: 'unkept' }
  | { readonly kind: 'lost'; readonly why: string };

/** Who may have had it, and what the disk was like. */
export interface Circumstances {
  readonly lives: readonly Life[];
  readonly fullTimes: readonly FullTime[];
  /** The longest that a request of this process took until its answer between two times: so long it got no processor. */
  readonly slowestMs: (life: Life, fromMs: number, toMs: number) => number;
}

/** Only these are to be sent again (OTLP). */
const retryable = new Set([429, 502, 503, 504]);
/** While the receiver is away a batch is being built for so long. */
const builtMs = 5000;
/** A batch under way is written down after so long. */
const writeAheadMs = 1000;
/** A disk that was full is tried again after so long. */
const diskAgainMs = 5000;
/** Until a timer is served, a batch encoded, compressed and written; besides the time for which the process got no processor. */
const slackMs = 2000;

/** For `Circumstances`, by the orders that were answered. */
export function slownessIn(orders: readonly Order[]): Circumstances['slowestMs'] {
  const byLife = Map.groupBy(orders, ({ life }) => life);
  return (life, fromMs, toMs) =>
    (byLife.get(life) ?? [])
      .filter(({ sentMs, answeredMs }) => answeredMs >= fromMs && sentMs <= toMs)
      .reduce((most, { sentMs, answeredMs }) => Math.max(most, answeredMs - sentMs), 0);
}

export function missingItems(
  orders: readonly Order[],
  stored: ReadonlyMap<string, Stored>,
  sightingsOf: (traceId: string) => readonly Sighting[],
): Missing[] {
  return orders.flatMap((order) => {
    const traceId = order.requestId.replaceAll('-', '');
    const there = stored.get(traceId);
    return (['spans', 'records'] as const).flatMap((carried) => {
      const expected = carried === 'spans' ? spansOf[order.kind] : 1;
      const count = expected - (there?.[carried].size ?? 0);
      if (count <= 0) return [];
      const seen = sightingsOf(traceId).filter((each) => each.carried === carried && !there?.[carried].has(each.id));
      const known = [...Map.groupBy(seen, ({ id }) => id).values()];
      return Array.from({ length: count }, (_, index) => ({ order, carried, sightings: known[index] ?? [] }));
    });
  });
}

export function fateOf({ order, sightings }: Missing, { lives, fullTimes, slowestMs }: Circumstances): Fate {
  const taken = sightings.find(({ post: { status = 0 } }) => status >= 200 && status < 300);
  if (taken !== undefined) return { kind: 'lost', why: 'the receiver said that it took it' };
  // One on a connection whose other end no process has any more has reached nobody.
  const refusal = sightings.findLast(
    ({ post: { status, pid } }) => pid !== undefined && status !== undefined && !retryable.has(status),
  )?.post;
  if (refusal !== undefined) {
    const by = lives.find((life) => life.pid === refusal.pid && isAliveAt(life, refusal.atMs));
    if (by === undefined) return { kind: 'lost', why: 'refused, and it is not known whose request it was' };
    return wasKilledBefore(by, refusal.atMs + slackMs) ? { kind: 'killed', life: by } : { kind: 'refused', by };
  }
  const { life, answeredMs } = order;
  const first = sightings[0]?.post;
  if (first?.pid !== undefined && first.pid !== life.pid) {
    return { kind: 'lost', why: 'it was on disk, where another process had found it' };
  }
  const firstMs = first?.atMs;
  const plannedMs = firstMs === undefined ? answeredMs + builtMs : firstMs + writeAheadMs;
  /** When it has to be on disk at the latest. */
  const dueMs = plannedMs + slackMs + slowestMs(life, answeredMs, plannedMs + slackMs);
  if (wasKilledBefore(life, dueMs)) return { kind: 'killed', life };
  const isUnkept =
    /^reqlens: telemetry .* cannot be kept in .* and waits in memory: ENOSPC/m.test(life.said) &&
    fullTimes.some(
      ({ fromMs, toMs = Number.POSITIVE_INFINITY }) =>
        fromMs < dueMs && toMs > answeredMs && wasKilledBefore(life, toMs + diskAgainMs + slackMs),
    );
  return isUnkept ? { kind: 'unkept' } : { kind: 'lost', why: 'nobody refused it' };
}

function isAliveAt({ startedMs, endedMs = Number.POSITIVE_INFINITY }: Life, atMs: number): boolean {
  return startedMs <= atMs && atMs <= endedMs + slackMs;
}

/** Of a process that did something it cannot have been before, whenever we came to see it. */
function wasKilledBefore({ killed }: Life, ms: number): boolean {
  return killed?.signal === 'SIGKILL' && killed.atMs < ms;
}

/** What one process said that did not arrive, with a reason. */
export interface Counted {
  /** The receiver refused them. */
  readonly refused: number;
  readonly otherwise: number;
}

const words: Readonly<Record<Carried, string>> = { spans: 'spans?', records: 'log records?' };

/** By the line at the end of a process. Undefined: there is no such line. */
export function countedIn({ said }: Life, carried: Carried): Counted {
  const line = /^reqlens: telemetry that did not arrive: (.*)$/m.exec(said)?.[1] ?? '';
  const reasons = new RegExp(String.raw`\d+ ${words[carried]} \(([^)]*)\)`).exec(line)?.[1] ?? '';
  const counts = reasons.split('; ').map((each) => /^(\d+): (.*)$/.exec(each) ?? []);
  const sum = (isRefusal: boolean): number =>
    counts.reduce(
      (total, [, count = '0', why = '']) =>
        why.startsWith('HTTP status') === isRefusal ? total + Number(count) : total,
      0,
    );
  return { refused: sum(true), otherwise: sum(false) };
}

/** Whether it has said that the receiver refuses them: a process that SIGKILL takes cannot say how many it were in the end. */
export function hasSaidRefused({ said }: Life, carried: Carried): boolean {
  return new RegExp(String.raw`^reqlens: the collector refused \d+ ${words[carried]}: HTTP status`, 'm').test(said);
}
