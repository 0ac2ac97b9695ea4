/** Holds what did not arrive against what was said of it, process by process. Pure. */
import { countedIn, fateOf, hasSaidRefused } from './fates.ts';
import type { Circumstances, Missing } from './fates.ts';
import type { Carried } from './post-log.ts';
import type { Life } from './started-process.ts';

/** An item that nobody has accounted for. */
export interface Unexplained {
  readonly missing: Missing;
  readonly why: string;
}

export interface Accounts {
  readonly missing: number;
  /** Refused by the receiver, and counted by the process that was refused. */
  readonly refused: number;
  /** The same, of processes that SIGKILL took before they could say the count, but after they had said that they are refused. */
  readonly refusedToKilled: number;
  /** In memory when SIGKILL came. */
  readonly killed: number;
  /** The most of one process. */
  readonly mostKilled: number;
  /** The same, where the disk was full. */
  readonly unkept: number;
  /** Counted with another reason. */
  readonly counted: number;
  readonly unexplained: readonly Unexplained[];
}

interface Claim {
  readonly life: Life;
  readonly kind: 'refused' | 'otherwise';
}

/** @param missing - Of one kind. */
export function accountsOf(missing: readonly Missing[], carried: Carried, circumstances: Circumstances): Accounts {
  const { lives } = circumstances;
  const unexplained: Unexplained[] = [];
  const killed = new Map<Life, number>();
  const sums = { refused: 0, refusedToKilled: 0, unkept: 0, counted: 0 };
  const left = new Map(lives.map((life) => [life, { ...countedIn(life, carried) }]));
  const isCounted = ({ life, kind }: Claim): boolean => {
    const counts = left.get(life);
    if (counts === undefined || counts[kind] === 0) return false;
    counts[kind] -= 1;
    return true;
  };
  for (const each of missing) {
    const fate = fateOf(each, circumstances);
    if (fate.kind === 'killed') {
      killed.set(fate.life, (killed.get(fate.life) ?? 0) + 1);
    } else if (fate.kind === 'unkept') {
      sums.unkept += 1;
    } else if (fate.kind === 'refused' && isCounted({ life: fate.by, kind: 'refused' })) {
      sums.refused += 1;
    } else if (fate.kind === 'refused') {
      const isSaid = fate.by.killed?.signal === 'SIGKILL' && hasSaidRefused(fate.by, carried);
      if (isSaid) sums.refusedToKilled += 1;
      else unexplained.push({ missing: each, why: `refused, and not counted by ${nameOf(fate.by)}` });
    } else if (isCounted({ life: each.order.life, kind: 'otherwise' })) {
      sums.counted += 1;
    } else {
      unexplained.push({ missing: each, why: fate.why });
    }
  }
  const killedCounts = [...killed.values()];
  return {
    missing: missing.length,
    ...sums,
    killed: killedCounts.reduce((sum, count) => sum + count, 0),
    mostKilled: Math.max(0, ...killedCounts),
    unexplained,
  };
}

/** Where an item was, and what became of the process that made it, in one line. */
export function storyOf({ missing: { order, carried, sightings }, why }: Unexplained, startMs: number): string {
  const at = (ms: number | undefined): string => (ms === undefined ? '-' : ((ms - startMs) / 1000).toFixed(2));
  const { life } = order;
  const posts = sightings.map(
    ({ post }) => `${at(post.atMs)} ${post.mood} -> ${post.status ?? 'nothing'} (${post.pid})`,
  );
  return [
    `${carried} of order ${order.n} (${order.requestId}): ${why};`,
    `made ${at(order.answeredMs)} by ${nameOf(life)} (${at(life.startedMs)} to ${at(life.killed?.atMs)} ${life.killed?.signal ?? ''});`,
    `sent: ${posts.length === 0 ? 'never' : posts.join(', ')}`,
  ].join(' ');
}

function nameOf({ name, pid }: Life): string {
  return `${name} (${pid})`;
}
