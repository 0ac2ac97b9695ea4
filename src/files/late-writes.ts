/**
 * How long a file that was rolled may still get lines. A writer looks which file has the name, then writes: when the scheduler holds
 * it up in between, its lines land in a file that another process has rolled meanwhile.
 */

/**
 * Milliseconds after which a backup is taken to be complete. Held up that long only by a stopped process (SIGSTOP, a suspended
 * machine): two busy processes to a core were held up by 4-40 ms.
 */
export const lateWritesMs = 10_000;
