/** `node` needs npm alone; `browser` needs Debian's chromium and `neighbours` the registry: these two run in .ci/run. */
import { defineConfig } from 'vitest/config';

const common = { testTimeout: 30_000, hookTimeout: 60_000, teardownTimeout: 10_000 };

// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  test: {
    // Tests wait for child processes much of the time: on two cores one worker (the default) took 325 s, three 228 s.
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...common,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/neighbours/**'],
          globalSetup: ['test/support/build-once.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'neighbours',
          include: ['test/neighbours/**/*.test.ts'],
          globalSetup: ['test/support/build-once.ts'],
          testTimeout: 180_000,
        },
      },
      {
        test: {
          ...common,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/support/build-once.ts'],
          testTimeout: 90_000,
        },
      },
    ],
  },
});
