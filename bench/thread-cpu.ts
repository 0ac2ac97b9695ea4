/** CPU of this thread. */

/** Milliseconds since it started, exact. Alone `process.threadCpuUsage` moves in steps of 4 ms on Linux; behind the other it does not. */
export function threadCpuMs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
