/** The time that is in the names of files. Waits are measured by another, which nobody sets (real-timers.ts). */

// Applications put fake clocks into their tests: by those the files of everybody else would be too old, or would have names that nobody finds again.
const { now } = Date;

/** Milliseconds since 1970, and not before: a name has no sign. */
export function wallClockMs(): number {
  return Math.max(0, now());
}
