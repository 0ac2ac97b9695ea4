/**
 * What becomes of the last telemetry when the process ends. A receiver that answered before is sent it, and what it does not take in time is
 * kept on disk; for one that is away it is kept first, because that one gets a short try alone.
 */
import { sendBeforeExit } from './exit-sender.ts';
import type { ExitOutcome, Parcel } from './exit-sender.ts';
import type { ExitQueue } from './pipelines.ts';
import { itemsOf, refused, rejected } from './delivery-report.ts';
import { countLost } from './losses.ts';
import { nowMs } from '../real-timers.ts';
import { reportOnce } from './self-report.ts';
import type { Payload, Route, Sent } from './sent.ts';
import { thrownWords } from '../errors.ts';

/**
 * A receiver that did not answer a moment ago may be back, and on the same machine that is known at once; it is not waited for
 * longer than this once the helper thread runs, because an exit without a collector must not be felt.
 */
const unreachableTimeoutMs = 60;
/** Of the time that is left, for writing down what was not taken: a few milliseconds for some thousand items. */
const writingShare = 0.1;
const longestWritingMs = 100;

export interface LastDelivery {
  readonly queues: readonly ExitQueue[];
  /** Puts the limits of what is on disk in force at once. */
  readonly limitSpool: () => void;
  /** `REQLENS_SHUTDOWN_TIMEOUT`, for what is said. */
  readonly timeoutMs: number;
  /** What is left of it. */
  readonly leftMs: number;
  /** False when the same end comes by once more, for what is new: what the receiver did not take the first time is on disk by now, and stays. */
  readonly isFirst: boolean;
}

interface Letter {
  readonly route: Route;
  readonly payload: Payload;
  readonly isAway: boolean;
  /** Puts it on the disk, if it is not there. */
  readonly keep: () => void;
  readonly isKept: () => boolean;
  /** It arrived, or never will: it goes from the disk, if it is there. */
  readonly forget: () => void;
}

/** Blocks, but not for longer than is left. */
export function deliverBeforeExit({ queues, limitSpool, timeoutMs, leftMs, isFirst }: LastDelivery): void {
  const startMs = nowMs();
  const writingMs = Math.min(longestWritingMs, leftMs * writingShare);
  const letters = queues.flatMap((queue) => lettersOf(queue, isFirst));
  for (const { isAway, keep } of letters) if (isAway) keep();
  const sendingMs = Math.max(0, leftMs - writingMs - (nowMs() - startMs));
  const parcels = letters.map(({ route, payload, isAway }) => ({
    route,
    payload,
    timeoutMs: isAway ? Math.min(unreachableTimeoutMs, sendingMs) : sendingMs,
  }));
  const { isDone, answers } = sent(parcels, sendingMs);
  for (const [index, letter] of letters.entries()) {
    if (isSettled(answers.get(index))) letter.forget();
    else letter.keep();
  }
  const lost = letters.filter(({ isKept }, index) => !isSettled(answers.get(index)) && !isKept());
  if (letters.some(({ isKept }) => isKept())) limitSpool();
  for (const [index, letter] of letters.entries()) tellAnswer(letter, answers.get(index));
  for (const each of lost) tellLost(each, isDone ? 'not taken at the exit' : 'no answer at the exit');
  if (isDone) return;
  const rest =
    lost.length === 0 ? 'what was not taken waits on disk for the next process' : 'the last telemetry may be lost';
  reportOnce(
    'exit',
    `not everything could be sent at the exit within ${timeoutMs} ms (REQLENS_SHUTDOWN_TIMEOUT); ${rest}`,
  );
}

/** Threads can be forbidden (`--permission` without `--allow-worker`), or be too many for the system: then the disk is left. */
function sent(parcels: readonly Parcel[], timeoutMs: number): ExitOutcome {
  try {
    return sendBeforeExit(parcels, timeoutMs);
  } catch (error) {
    const reason = thrownWords(error);
    reportOnce('exit', `no thread could be started to send the last telemetry at the exit: ${reason}`);
    return { isDone: true, answers: new Map() };
  }
}

/** Taken or refused, so that it need not be sent again. One that is too large can be halved by whoever finds it on disk. */
function isSettled(answer: Sent | undefined): boolean {
  return answer?.status === 'sent' || (answer?.status === 'refused' && !answer.isTooLarge);
}

/** What waits is nobody's loss: a receiver that does not take it now is not spoken of. */
function tellAnswer({ route, payload }: Letter, answer: Sent | undefined): void {
  if (answer === undefined || !isSettled(answer)) return;
  const items = itemsOf[route.signal];
  if (answer.status === 'refused') refused(items, payload.itemCount, answer.reason);
  else if (answer.status === 'sent' && answer.rejected !== undefined)
    rejected(items, payload.itemCount, answer.rejected);
}

/** Nothing more can be done for what nobody took and no disk. What nobody answered to may have been taken all the same. */
function tellLost({ route, payload }: Letter, why: string): void {
  countLost(itemsOf[route.signal], payload.itemCount, why);
}

/** What is in memory; and what is on disk, when its receiver takes telemetry, because perhaps nobody comes after us. */
function lettersOf(queue: ExitQueue, isFirst: boolean): Letter[] {
  const { isUnreachable: isAway, route } = queue;
  const own = queue.takeAll().map((payload) => letterInMemory(queue, payload));
  if (isAway || !isFirst) return own;
  const filed = queue.takeFiled().map(({ payload, settle }): Letter => ({
    route,
    payload,
    isAway,
    keep: () => settle(false),
    isKept: () => true,
    forget: () => settle(true),
  }));
  return [...own, ...filed];
}

function letterInMemory(queue: ExitQueue, payload: Payload): Letter {
  let remove: (() => void) | undefined;
  return {
    route: queue.route,
    payload,
    isAway: queue.isUnreachable,
    keep: () => {
      remove ??= queue.keepNow(payload);
    },
    isKept: () => remove !== undefined,
    forget: () => {
      remove?.();
      remove = undefined;
    },
  };
}
