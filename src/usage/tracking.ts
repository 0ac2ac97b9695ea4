/** Tracked requests from head to end: bounded in number and in time. Nothing here throws into the application. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { diag } from '@opentelemetry/api';

import { reportFault } from '../patch.ts';
import { Boundaries } from './boundaries.ts';
import { loopIdleMs, usageMethod, wallMs } from './clocks.ts';
import { countFileBytes } from './file-bytes.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';
import { bindEvents } from './request-events.ts';
import type { ResourceUsage, StartTracking, UsageTracking } from './resource-usage.ts';
import { OwnSocketMeter } from './socket-bytes.ts';
import { Threadpool } from './threadpool.ts';
import { UsageRecord } from './usage-record.ts';
import { usageOf } from './usage-figures.ts';
import { clearTimeout, setTimeout } from '../real-timers.ts';

export interface UsageTrackerOptions {
  /** Requests tracked at the same time; further ones are not. Default 1,000. */
  readonly maxTracked?: number;
  /** A request that has not ended after so many milliseconds is closed as incomplete. Default 10 minutes. */
  readonly maxDurationMs?: number;
}

export interface UsageTracker {
  readonly startTracking: StartTracking;
  /** Whether async hooks are on: true exactly while a tracked request is in flight. */
  readonly isHooked: () => boolean;
  /** Ends all tracking and takes off every patch. */
  readonly stop: () => void;
}

/**
 * Patches node:fs, sockets and AsyncResource, once, before the application takes functions out of modules; they look at one boolean
 * while nothing is tracked. Hooks go on with the first tracked request and off with the last.
 */
export function usageTracker({ maxTracked = 1000, maxDurationMs = 600_000 }: UsageTrackerOptions = {}): UsageTracker {
  const meters = new Meters();
  const inFlight = new Set<TrackedRequest>();
  const closed = (tracked: TrackedRequest): void => {
    if (inFlight.delete(tracked) && inFlight.size === 0) meters.switchOff();
  };
  const startTracking: StartTracking = (request, response, reason) => {
    const places = reason?.isSuspicion === true ? maxTracked / 2 : maxTracked;
    if (inFlight.size >= places || meters.hasFailed) return undefined;
    try {
      meters.switchOn();
      const tracked = new TrackedRequest({ request, response, meters, maxDurationMs, closed });
      inFlight.add(tracked);
      return tracked;
    } catch (error) {
      diag.error('usage: a request could not be tracked', error);
      if (inFlight.size === 0) meters.switchOff();
      return undefined;
    }
  };
  const stop = (): void => {
    for (const tracked of inFlight) tracked.end({ isComplete: false });
    meters.restore();
  };
  return { startTracking, isHooked: () => meters.boundaries.isOn, stop };
}

/** Everything that measures, shared by all tracked requests. */
class Meters {
  readonly boundaries: Boundaries;
  readonly #threadpool: Threadpool;
  readonly #outgoing: OutgoingBytes;
  readonly #restoreFiles: () => void;
  /** A fault of ours in a function of Node's or of the application's. */
  readonly failed = (error: unknown): void => this.#fail(error);
  /** After a fault of ours nothing is measured any more. */
  hasFailed = false;

  constructor() {
    const { failed } = this;
    const threadpool = new Threadpool({
      owner: () => this.boundaries.owner(),
      aside: (work) => this.boundaries.aside(work),
      failed,
    });
    this.#threadpool = threadpool;
    this.boundaries = new Boundaries({ watch: threadpool, failed });
    const { owner } = this.boundaries;
    this.#outgoing = new OutgoingBytes({ owner, isOn: () => this.boundaries.isOn, failed });
    this.#restoreFiles = countFileBytes({ owner, failed });
  }

  #fail(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    try {
      this.switchOff();
      diag.error('usage: requests are no longer tracked', error);
    } catch (further) {
      // Inside a hook it would end the process.
      reportFault('usage: requests are no longer tracked', further);
    }
  }

  switchOn(): void {
    if (this.boundaries.isOn) return;
    this.boundaries.switchOn();
    this.#outgoing.switchOn();
  }

  switchOff(): void {
    if (!this.boundaries.isOn) return;
    this.boundaries.switchOff();
    this.#outgoing.switchOff();
    this.#threadpool.reset();
  }

  restore(): void {
    this.switchOff();
    this.boundaries.restore();
    this.#outgoing.restore();
    this.#restoreFiles();
  }
}

interface TrackedRequestParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly meters: Meters;
  readonly maxDurationMs: number;
  readonly closed: (tracked: TrackedRequest) => void;
}

class TrackedRequest implements UsageTracking {
  readonly #record: UsageRecord;
  readonly #parts: TrackedRequestParts;
  readonly #socket: OwnSocketMeter;
  readonly #unbind: () => void;
  readonly #limit: NodeJS.Timeout;
  readonly #startMs = wallMs();
  readonly #startIdleMs = loopIdleMs();
  #usage: ResourceUsage | undefined;

  constructor(parts: TrackedRequestParts) {
    const { request, response, maxDurationMs } = parts;
    this.#parts = parts;
    this.#record = new UsageRecord(request.socket);
    this.#socket = new OwnSocketMeter(request, response, parts.meters.failed);
    this.#unbind = bindEvents([request, response], {
      run: (work) => this.run(work),
      seen: (event) => {
        if (event === 'socket') this.#socket.responseStarts();
      },
      failed: parts.meters.failed,
    });
    this.#limit = setTimeout(() => this.end({ isComplete: false }), maxDurationMs).unref();
  }

  run<Result>(work: () => Result): Result {
    return this.#parts.meters.boundaries.run(this.#record, work);
  }

  soFar(): ResourceUsage {
    if (this.#usage !== undefined) return this.#usage;
    this.#parts.meters.boundaries.settle(this.#record);
    return this.#figures(false);
  }

  end({ isComplete }: { readonly isComplete: boolean }): ResourceUsage {
    this.#usage ??= this.#close(isComplete);
    return this.#usage;
  }

  discard(): void {
    this.end({ isComplete: false });
  }

  #close(isComplete: boolean): ResourceUsage {
    const { meters, closed } = this.#parts;
    meters.boundaries.forget(this.#record);
    this.#record.close();
    const usage = this.#figures(isComplete && !meters.hasFailed);
    clearTimeout(this.#limit);
    this.#unbind();
    this.#socket.close();
    closed(this);
    return usage;
  }

  #figures(isComplete: boolean): ResourceUsage {
    const idleMs = loopIdleMs();
    return usageOf({
      record: this.#record,
      durationMs: wallMs() - this.#startMs,
      idleMs: idleMs === 0 ? undefined : idleMs - this.#startIdleMs,
      socket: this.#socket.read(),
      method: usageMethod,
      isComplete,
    });
  }
}
