/** What a tracked request's figures are, and how tracking is started and ended: all that the rest of the house sees of `usage`. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What one request used, other requests excluded. A figure that this Node version cannot give is absent. */
export interface ResourceUsage {
  /** From the request's head to its end. Milliseconds; so are all names that end in Ms. */
  readonly durationMs: number;
  readonly cpuMs?: number;
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  /** Wall time of its synchronous pieces on the event loop. */
  readonly eventLoopMs?: number;
  /** The rest of the duration: queueing, and waiting for others. */
  readonly waitMs?: number;
  /** The part of it in which the event loop was busy with other work: the request has queued at most so long. Absent where nobody knows. */
  readonly waitBusyMs?: number;
  /** The part of it in which the event loop was idle: only I/O, timers or the threadpool were waited for. Absent like `waitBusyMs`; both add up to `waitMs`. */
  readonly waitIdleMs?: number;
  readonly heapAllocatedBytes?: number;
  readonly externalMemoryBytes?: number;
  readonly gcMs?: number;
  readonly gcCount?: number;
  readonly threadpoolJobs?: number;
  /** Estimated. */
  readonly threadpoolEstimatedMs?: number;
  /** Of its own socket. */
  readonly socketReadBytes?: number;
  readonly socketWrittenBytes?: number;
  /** Of sockets that it opened or used for outgoing calls. */
  readonly outgoingReadBytes?: number;
  readonly outgoingWrittenBytes?: number;
  readonly outgoingRequests?: number;
  readonly fileReadBytes?: number;
  readonly fileWrittenBytes?: number;
  /** How it was measured, e.g. `segments/thread-cpu`, `segments/wall-clock`. */
  readonly method: string;
  /** Whether the request ended regularly; false when it was aborted or cut off by a bound. */
  readonly isComplete: boolean;
}

/** One tracked request. */
export interface UsageTracking {
  /** Everything that `work` starts belongs to the request. */
  run<Result>(work: () => Result): Result;
  /** What was used until now, as an incomplete request; the measurement goes on. After its end the same as `end`. */
  soFar(): ResourceUsage;
  /** Ends the measurement; what runs later is not counted. The second call gives the same result. */
  end(outcome: { readonly isComplete: boolean }): ResourceUsage;
  /** Throws the record away; hooks go off when it was the last. */
  discard(): void;
}

/** How sure it is that somebody may see the figures. */
interface TrackingReason {
  /** Nobody is known yet who may: half of the places are kept for requests of which more is known. */
  readonly isSuspicion: boolean;
}

/** Starts measuring for one request; undefined when too many are tracked already (bounded). */
export type StartTracking = (
  request: IncomingMessage,
  response: ServerResponse,
  reason?: TrackingReason,
) => UsageTracking | undefined;
