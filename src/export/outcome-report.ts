/** Says what became of batches that the sender cannot know of, and what the spool has to tell. */
import type { SpoolNews } from '../spool/spool-news.ts';
import { dropped, droppedNoMore, itemsOf, refused, unencodable } from './delivery-report.ts';
import { counted, countLost } from './losses.ts';
import type { Items } from './losses.ts';
import { reportOnce } from './self-report.ts';
import type { Outcome, TooLarge } from './sent.ts';

export function outcomeReporter(items: Items): (outcome: Outcome) => void {
  return ({ sent, itemCount, unencodableCount, droppedCount, tooLarge }) => {
    if (unencodableCount > 0) unencodable(items, unencodableCount);
    if (sent?.status === 'refused' && sent.isTooLarge) {
      if (tooLarge === undefined) refused(items, itemCount, sent.reason);
      else oneTooLarge({ items, itemCount, reason: sent.reason }, tooLarge);
    }
    if (droppedCount > 0) dropped(items, droppedCount, 'the queue is full');
    else if (sent?.status === 'sent') droppedNoMore(items);
  };
}

interface Refused {
  readonly items: Items;
  /** More than one are the data points of one metric. */
  readonly itemCount: number;
  readonly reason: string;
}

/** Once for each logger or name: the same one will be too large again. */
function oneTooLarge({ items, itemCount, reason }: Refused, { scope, name, bytes }: TooLarge): void {
  countLost(items, itemCount, 'too large');
  const named = [...(name === '' ? [] : [`"${name.slice(0, 80)}"`]), ...(scope === '' ? [] : [`of ${scope}`])].join(
    ' ',
  );
  const what = itemCount > 1 ? `the ${counted(itemCount, items)} of a metric` : `one of the ${items}`;
  const kilobytes = Math.ceil(bytes / 1024);
  reportOnce(
    `too large ${items} ${named}`,
    `the collector refused ${what}${named === '' ? '' : ` (${named})`} for its size of ${kilobytes} KB: ${reason}; it is dropped`,
  );
}

export function reportSpoolNews(news: SpoolNews): void {
  switch (news.kind) {
    case 'unusable':
      reportOnce(
        `spool-unusable ${causeIn(news.reason)}`,
        `telemetry that the collector does not take cannot be kept in ${news.directory} and waits in memory: ${news.reason}`,
      );
      return;
    case 'unreadable':
      reportOnce(
        `spool-unreadable ${causeIn(news.reason)}`,
        `what waits in ${news.directory} cannot be read at the moment and stays there: ${news.reason}`,
      );
      return;
    case 'dropped': {
      const why =
        news.why === 'age'
          ? 'they waited on disk for longer than REQLENS_SPOOL_MAX_AGE'
          : 'what waits on disk has reached REQLENS_SPOOL_MAX_MB';
      dropped(itemsIn(news.signal), news.itemCount, why);
      return;
    }
    case 'left':
      reportOnce(`spool-left ${news.reason}`, `the spooled batch ${news.name} is left to others: ${news.reason}`);
      return;
    case 'damaged':
      if (news.signal !== undefined) countLost(itemsIn(news.signal), news.itemCount, 'damaged on disk');
      reportOnce(
        `spool-damaged ${causeIn(news.reason)}`,
        `the spooled batch ${news.name} is damaged and dropped: ${news.reason}`,
      );
      return;
    default:
      news satisfies never;
  }
}

/** What the system says without the call and the file, of which there is another one each time. */
function causeIn(reason: string): string {
  return reason.split(', ', 1)[0] ?? reason;
}

/** A signal as files have it in their names. */
function itemsIn(signal: string): Items {
  return signal === 'trace' || signal === 'logs' ? itemsOf[signal] : itemsOf.metrics;
}
