/** Waits until a condition holds. The test's own time limit ends it when it never does. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- what it waits for happens in between
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
