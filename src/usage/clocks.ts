/** Clocks: CPU time of this thread, wall time, and how long the event loop was idle. */

import { nowMs } from '../real-timers.ts';

/** Microseconds, since the thread started. */
export interface ThreadCpu {
  readonly user: number;
  readonly system: number;
}

/** How CPU time is found on this Node version; goes into `reqlens.usage.method`. */
export type UsageMethod = 'segments/thread-cpu' | 'segments/wall-clock';

/** Thread CPU time came with Node 22.19 and 23.9; before that the wall time of the pieces stands for it. */
export const usageMethod: UsageMethod = hasThreadCpu() ? 'segments/thread-cpu' : 'segments/wall-clock';

/**
 * CPU time of this thread, exact. `process.threadCpuUsage()` alone moves in steps of the scheduler's tick (4 ms at 250 Hz): Linux
 * adds the running slice to the thread's sum only when somebody asks for the whole process. So that is asked first.
 * On a Node version without it: wall time, as user time.
 */
export const threadCpu: () => ThreadCpu =
  usageMethod === 'segments/thread-cpu'
    ? () => {
        process.cpuUsage();
        return process.threadCpuUsage();
      }
    : () => ({ user: nowMs() * 1000, system: 0 });

/** Milliseconds; only differences mean something. */
export function wallMs(): number {
  return nowMs();
}

/**
 * Milliseconds that the event loop was idle since it started: it waited for I/O or for the next timer. Only differences mean something; it
 * stands still while anything runs. 0 means that nobody knows: before the loop starts, and where the clock never moves (a loop that is
 * driven from outside; runtimes that have the function but no such clock).
 */
export const loopIdleMs: () => number = idleClock();

function idleClock(): () => number {
  // As it is before the application can replace it; it needs no `this`. The types say that every runtime has it.
  const { eventLoopUtilization } = performance as Partial<typeof performance>;
  return eventLoopUtilization === undefined ? () => 0 : () => eventLoopUtilization().idle;
}

function hasThreadCpu(): boolean {
  // The types are those of the newest Node; the function is missing in the oldest that we support, and may throw where the system has no such clock.
  if (!('threadCpuUsage' in process)) return false;
  try {
    process.threadCpuUsage();
    return true;
  } catch {
    // Then it is the same as if it were missing.
    return false;
  }
}
