/**
 * What is wrong for a while: said when it begins, again every ten minutes while it lasts, and once when it is over. What begins and ends all
 * the time is said three times, and then every ten minutes too.
 */
import { AsyncResource } from 'node:async_hooks';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';

import { nowMs, setTimeout } from '../real-timers.ts';
import { headOf } from './trouble-reason.ts';

/** Of lines about one subject, and the time after which one that is over is forgotten. */
const againMs = 600_000;
/** Lines about one subject within that time: three beginnings and three ends, or new reasons. */
const mostLines = 6;
/** New reasons of one trouble that are said as they come. */
const mostReasons = 5;

/** What can be wrong; there are as many as receivers, signals and kinds of loss. */
export interface Subject {
  readonly key: string;
  /** "the collector at x still does not take telemetry" */
  readonly still: string;
  /** "the collector at x takes telemetry again" */
  readonly over: string;
  /** What is counted: "tries failed". */
  readonly counted: string;
}

export interface Trouble {
  /** See headOf. */
  readonly reason: string;
  /** What is said of this reason when it is new. */
  readonly sentence: string;
  readonly count: number;
}

interface Course {
  readonly subject: Subject;
  readonly reasons: Set<string>;
  isOpen: boolean;
  startMs: number;
  /** Since the beginning. */
  count: number;
  /** Since the last line. */
  unsaidCount: number;
  lineCount: number;
  lastReason: string;
  timer: NodeJS.Timeout | undefined;
}

export class Troubles {
  readonly #say: (message: string) => void;
  /** Made at the start: a timer made within a request would hold its context. */
  readonly #outside = new AsyncResource('reqlens reports', { requireManualDestroy: true });
  readonly #courses = new Map<string, Course>();

  constructor(say: (message: string) => void) {
    this.#say = say;
  }

  happened(subject: Subject, { reason, sentence, count }: Trouble): void {
    const course = this.#courses.get(subject.key) ?? this.#begin(subject);
    if (!course.isOpen) Object.assign(course, { isOpen: true, startMs: nowMs(), count: 0 });
    course.count += count;
    course.unsaidCount += count;
    course.lastReason = headOf(reason);
    if (course.reasons.has(course.lastReason) || course.reasons.size >= mostReasons) return;
    course.reasons.add(course.lastReason);
    this.#line(course, sentence);
  }

  /** Nothing happens when nothing was wrong. */
  over(key: string): void {
    const course = this.#courses.get(key);
    if (course?.isOpen !== true) return;
    course.isOpen = false;
    course.reasons.clear();
    const { subject, count, lastReason } = course;
    this.#line(course, `${subject.over}, after ${lasted(course)}; ${subject.counted}: ${count} (${lastReason})`);
  }

  #begin(subject: Subject): Course {
    const course: Course = {
      subject,
      reasons: new Set(),
      isOpen: false,
      startMs: 0,
      count: 0,
      unsaidCount: 0,
      lineCount: 0,
      lastReason: '',
      timer: undefined,
    };
    this.#courses.set(subject.key, course);
    this.#lookAgainAt(course);
    return course;
  }

  #line(course: Course, sentence: string): void {
    if (course.lineCount >= mostLines) return;
    course.lineCount += 1;
    course.unsaidCount = 0;
    this.#say(sentence);
  }

  #lookAgainAt(course: Course): void {
    this.#outside.runInAsyncScope(() => {
      context.with(ROOT_CONTEXT, () => {
        course.timer = setTimeout(() => this.#again(course), againMs).unref();
      });
    });
  }

  #again(course: Course): void {
    const { subject, isOpen, unsaidCount, lastReason } = course;
    if (!isOpen && unsaidCount === 0) {
      this.#courses.delete(subject.key);
      return;
    }
    const what = isOpen ? `${subject.still}, after ${lasted(course)}` : subject.over;
    this.#say(`${what}; ${subject.counted} since it was last said: ${unsaidCount} (${lastReason})`);
    course.unsaidCount = 0;
    course.lineCount = 0;
    this.#lookAgainAt(course);
  }
}

function lasted({ startMs }: Course): string {
  const seconds = (nowMs() - startMs) / 1000;
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
