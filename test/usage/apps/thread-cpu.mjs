/** CPU milliseconds of this thread, as exact as can be; on the oldest Node by the clock on the wall. */
export const cpuMs =
  process.threadCpuUsage === undefined
    ? () => performance.now()
    : () => {
        // Alone the second moves in steps of 4 ms on Linux.
        process.cpuUsage();
        const { user, system } = process.threadCpuUsage();
        return (user + system) / 1000;
      };
