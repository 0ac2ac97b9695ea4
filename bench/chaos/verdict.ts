/** What must hold after the run, and whether it does. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { accountsOf, storyOf } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import { missingItems, slownessIn } from './fates.ts';
import type { Load } from './load.ts';
import type { Order } from './orders.ts';
import { spansOf } from './orders.ts';
import type { Carried } from './post-log.ts';
import type { Resources, Stage } from './stage.ts';
import { storedIn } from './stored.ts';
import type { Stored } from './stored.ts';

/** Something that must hold, and whether it does. */
export interface Rule {
  readonly holds: boolean;
  readonly text: string;
}

export interface Judged {
  readonly load: Load;
  readonly before: Resources;
  readonly after: Resources;
  readonly startMs: number;
}

/** Of both shops together, for what differs from one moment to the next. */
const spareDescriptors = 100;
const spareHeapMb = 64;
/** OTEL_BSP_MAX_EXPORT_BATCH_SIZE and OTEL_BLRP_MAX_EXPORT_BATCH_SIZE, as nobody sets them. */
const batchSize = 512;
const mostStories = 20;

/** @returns Rules, and what is to be known of items that nobody accounts for. */
export function verdictOn(
  stage: Stage,
  { load, before, after, startMs }: Judged,
): { rules: Rule[]; stories: string[] } {
  const { orders, differences, unanswered } = load;
  const ignored = unanswered.filter(({ life: { killed }, failedMs }) => killed === undefined || killed.atMs > failedMs);
  const lines = lineCounts(stage);
  const without = orders.filter(({ n }) => (lines.get(n) ?? 0) === 0);
  const doubled = orders.filter(({ n }) => (lines.get(n) ?? 0) > 1);
  const stored = storedIn(stage.collectorDir);
  const missing = missingItems(orders, stored, (traceId) => stage.proxy.log.of(traceId));
  const circumstances = { lives: stage.lives, fullTimes: stage.disk.fullTimes, slowestMs: slownessIn(orders) };
  const accounts = (['spans', 'records'] as const).map((carried) => ({
    carried,
    ...accountsOf(
      missing.filter((each) => each.carried === carried),
      carried,
      circumstances,
    ),
  }));
  const extra = extraItems(orders, stored);
  return {
    rules: [
      {
        holds: orders.length > 0 && ignored.length === 0,
        text: `${orders.length} requests were answered; ${unanswered.length - ignored.length} to a process that ended, ${ignored.length} to one that stayed were not`,
      },
      {
        holds: differences.length === 0,
        text: `${differences.length} answers differ from bare Node's ${differences[0] ?? ''}`,
      },
      { holds: without.length === 0, text: `${without.length} answered requests have no line ${numbersOf(without)}` },
      { holds: doubled.length === 0, text: `${doubled.length} lines are there twice ${numbersOf(doubled)}` },
      ...accounts.flatMap((each) => accountRules(each.carried, each)),
      { holds: extra === 0, text: `${extra} spans and records arrived twice` },
      {
        holds: after.descriptors <= before.descriptors + spareDescriptors,
        text: `descriptors ${before.descriptors} -> ${after.descriptors}`,
      },
      {
        holds: after.heapMb < before.heapMb + spareHeapMb,
        text: `heap ${before.heapMb.toFixed(1)} -> ${after.heapMb.toFixed(1)} MB`,
      },
    ],
    stories: accounts.flatMap(({ unexplained }) =>
      unexplained.slice(0, mostStories).map((each) => storyOf(each, startMs)),
    ),
  };
}

function accountRules(carried: Carried, accounts: Accounts): Rule[] {
  const { missing, refused, refusedToKilled, killed, mostKilled, unkept, counted, unexplained } = accounts;
  const what = carried === 'spans' ? 'spans' : 'log records';
  return [
    {
      holds: unexplained.length === 0,
      text:
        `${missing} ${what} did not arrive: ${refused} refused for ever by the receiver and counted at the exit, ` +
        `${refusedToKilled} refused, which was said, to processes that SIGKILL took, ${counted} counted with another reason, ` +
        `${killed} in a batch that was being built or sent when SIGKILL came, ${unkept} in memory because the disk was full, which was said, ` +
        `when SIGKILL came; ${unexplained.length} not accounted for`,
    },
    { holds: mostKilled <= batchSize, text: `at most ${mostKilled} ${what} of one process went with SIGKILL` },
  ];
}

/** How often the line of each order is there, in files and on consoles together. */
function lineCounts(stage: Stage): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const texts = [
    ...stage
      .logFolders()
      .flatMap(filesIn)
      .map((path) => readFileSync(path, 'utf8')),
    ...stage.shops.map(({ said }) => said),
  ];
  for (const text of texts) {
    for (const [, n] of text.matchAll(/^\{"level":"info",.*"logger":"orders",.*"n":(\d+),.*"msg":"order"\}$/gm)) {
      counts.set(Number(n), (counts.get(Number(n)) ?? 0) + 1);
    }
  }
  return counts;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile());
}

/** More than there should be. */
function extraItems(orders: readonly Order[], stored: ReadonlyMap<string, Stored>): number {
  return orders.reduce((sum, { kind, requestId }) => {
    const there = stored.get(requestId.replaceAll('-', ''));
    return sum + Math.max(0, (there?.spans.size ?? 0) - spansOf[kind]) + Math.max(0, (there?.records.size ?? 0) - 1);
  }, 0);
}

/** The first few. */
function numbersOf(some: readonly Order[]): string {
  return some
    .slice(0, 5)
    .map(({ n }) => n)
    .join(' ');
}
