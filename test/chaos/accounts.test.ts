/** The judge of `npm run chaos` judges: each item that did not arrive is excused only by evidence about this very item. */
import { expect, test } from 'vitest';

import { accountsOf } from '../../bench/chaos/accounts.ts';
import type { Accounts } from '../../bench/chaos/accounts.ts';
import { missingItems, slownessIn } from '../../bench/chaos/fates.ts';
import type { Order } from '../../bench/chaos/orders.ts';
import type { Sighting } from '../../bench/chaos/post-log.ts';
import type { Life } from '../../bench/chaos/started-process.ts';

const requestId = '01a21fba-b2fe-7ff2-84b0-3d87ce451ab1';
const traceId = requestId.replaceAll('-', '');

interface Happened {
  readonly life?: Partial<Life>;
  /** Requests that the one span was in. */
  readonly posts?: readonly Partial<Sighting['post']>[];
  /** Another order of the same process took so long; it was sent 1 s after the first one's answer. */
  readonly slowMs?: number;
  readonly fullTimes?: readonly { readonly fromMs: number; readonly toMs?: number }[];
}

/** One order, answered after 10 s by a process with the id 7, whose span did not arrive. */
function accounts({ life: changes = {}, posts = [], fullTimes = [], slowMs = 0 }: Happened): Accounts {
  const life: Life = { name: 'shop 0', pid: 7, startedMs: 0, said: '', ...changes };
  const order: Order = { n: 1, kind: 'plain', life, requestId, sentMs: 9990, answeredMs: 10_000 };
  const slow: Order = { ...order, n: 2, sentMs: 11_000, answeredMs: 11_000 + slowMs };
  const sightings = posts.map((post): Sighting => ({
    carried: 'spans',
    id: '00000000000000aa',
    post: { atMs: 11_000, mood: 'well', pid: 7, ...post },
  }));
  const stored = new Map([[traceId, { spans: new Set<string>(), records: new Set(['a']) }]]);
  const missing = missingItems([order], stored, () => sightings);
  return accountsOf(missing, 'spans', { lives: [life], fullTimes, slowestMs: slownessIn([order, slow]) });
}

const sigkill = (atMs: number): Pick<Life, 'killed' | 'endedMs'> => ({
  killed: { atMs, signal: 'SIGKILL' },
  endedMs: atMs + 5,
});
const saidRefused = 'reqlens: the collector refused 3 spans: HTTP status 500: chaos; dropped\n';
const saidNoRoom =
  'reqlens: telemetry that the collector does not take cannot be kept in /spool and waits in memory: ENOSPC: no space left\n';
const countedAtEnd = (reasons: string): string =>
  `reqlens: telemetry that did not arrive: 1 span (${reasons}), 2 log records (2: HTTP status 500)\n`;

test.each<[string, Happened, Partial<Accounts>]>([
  [
    'refused, and counted at the end',
    { life: { said: countedAtEnd('1: HTTP status 500') }, posts: [{ status: 500 }] },
    { refused: 1 },
  ],
  [
    'refused by an answer that reached nobody, and killed at once',
    { life: sigkill(11_900), posts: [{ status: 500, pid: undefined }] },
    { killed: 1 },
  ],
  [
    'refused by an answer that did not get through, and refused again',
    {
      life: { said: countedAtEnd('1: HTTP status 500') },
      posts: [
        { status: 500, pid: undefined },
        { atMs: 12_000, status: 500 },
      ],
    },
    { refused: 1 },
  ],
  [
    'refused, said, and killed later',
    { life: { said: saidRefused, ...sigkill(60_000) }, posts: [{ status: 500 }] },
    { refusedToKilled: 1 },
  ],
  ['refused in the moment of SIGKILL', { life: sigkill(11_200), posts: [{ status: 500 }] }, { killed: 1 }],
  ['never sent, killed while its batch was built', { life: sigkill(14_500) }, { killed: 1 }],
  [
    'under way for less than a second when SIGKILL came',
    { life: sigkill(11_900), posts: [{ status: 503 }] },
    { killed: 1 },
  ],
  [
    'held in memory by a full disk, said, killed',
    { life: { said: saidNoRoom, ...sigkill(24_000) }, fullTimes: [{ fromMs: 9000, toMs: 20_000 }] },
    { unkept: 1 },
  ],
  [
    'never sent, killed while a process without a processor built its batch',
    { life: sigkill(18_000), slowMs: 3000 },
    { killed: 1 },
  ],
  ['answered right before SIGKILL, and seen by us right after it', { life: sigkill(9900) }, { killed: 1 }],
  ['counted with another reason', { life: { said: countedAtEnd('1: the queue is full') } }, { counted: 1 }],
])('%s: it is accounted for', (_, happened, expected) => {
  expect(accounts(happened)).toMatchObject({ missing: 1, unexplained: [], ...expected });
});

test.each<[string, Happened, string]>([
  ['refused and not counted', { posts: [{ status: 500 }] }, 'refused, and not counted by shop 0 (7)'],
  [
    'refused, counted for another reason',
    { life: { said: countedAtEnd('1: the queue is full') }, posts: [{ status: 500 }] },
    'refused, and not counted by shop 0 (7)',
  ],
  [
    'refused, killed much later without a word',
    { life: sigkill(60_000), posts: [{ status: 500 }] },
    'refused, and not counted by shop 0 (7)',
  ],
  [
    'refused to somebody unknown',
    { posts: [{ status: 500, pid: 8 }] },
    'refused, and it is not known whose request it was',
  ],
  [
    'taken, by what the receiver said',
    { life: sigkill(11_000), posts: [{ status: 200 }] },
    'the receiver said that it took it',
  ],
  ['never sent, killed when it had to be on disk', { life: sigkill(18_000) }, 'nobody refused it'],
  [
    'not taken, killed when it had to be on disk',
    { life: sigkill(15_000), posts: [{ status: 503 }] },
    'nobody refused it',
  ],
  [
    'ended by SIGTERM right away',
    { life: { killed: { atMs: 10_100, signal: 'SIGTERM' }, endedMs: 10_300 } },
    'nobody refused it',
  ],
  [
    'a full disk that was not said',
    { life: sigkill(24_000), fullTimes: [{ fromMs: 9000, toMs: 20_000 }] },
    'nobody refused it',
  ],
  [
    'a full disk that had room again for long',
    { life: { said: saidNoRoom, ...sigkill(28_000) }, fullTimes: [{ fromMs: 9000, toMs: 20_000 }] },
    'nobody refused it',
  ],
  [
    'not taken from another process that had found it on disk',
    { life: sigkill(11_900), posts: [{ status: 503, pid: 8 }] },
    'it was on disk, where another process had found it',
  ],
  [
    'said for log records alone',
    { life: { said: saidRefused.replace('spans', 'log records'), ...sigkill(60_000) }, posts: [{ status: 500 }] },
    'refused, and not counted by shop 0 (7)',
  ],
])('%s: nobody accounts for it', (_, happened, why) => {
  expect(accounts(happened).unexplained.map((each) => each.why)).toEqual([why]);
});

test('a count is used up by the items that it counts', () => {
  const life: Life = { name: 'shop 0', pid: 7, startedMs: 0, said: countedAtEnd('1: HTTP status 500') };
  const order: Order = { n: 1, kind: 'nested', life, requestId, sentMs: 9990, answeredMs: 10_000 };
  const post = { atMs: 11_000, mood: '500', pid: 7, status: 500 };
  const sightings = ['a', 'b'].map((id): Sighting => ({ carried: 'spans', id, post }));
  const stored = new Map([[traceId, { spans: new Set(['c']), records: new Set(['a']) }]]);
  const missing = missingItems([order], stored, () => sightings);
  expect(missing).toHaveLength(2);
  expect(accountsOf(missing, 'spans', { lives: [life], fullTimes: [], slowestMs: () => 0 })).toMatchObject({
    missing: 2,
    refused: 1,
    unexplained: [{ why: 'refused, and not counted by shop 0 (7)' }],
  });
});
