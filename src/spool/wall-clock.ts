/** The time that is in the names of files, and the one that waits are measured by. */

// Applications put fake clocks into their tests: by those the files of everybody else would be too old, or would have names that nobody finds again.
const { now } = Date;

/** Milliseconds; only differences mean something. Never set, by nobody. */
export const steadyMs: () => number = performance.now.bind(performance);

/** Milliseconds since 1970, and not before: a name has no sign. */
export function wallClockMs(): number {
  return Math.max(0, now());
}
