/** `node` needs npm alone; `browser` needs Debian's chromium and `neighbours` the registry: these two run in .ci/run. */
import { defineConfig } from 'vitest/config';

/**
 * Nearly every test starts real processes, and three files at once share two cores: with some 3,900 of them a run in CI has always had one or two whose
 * process was late. Those are run again there, and vitest says so; what is wrong is wrong three times.
 */
const retry = process.env['CI'] === 'true' ? 2 : 0;
const common = { testTimeout: 30_000, hookTimeout: 60_000, teardownTimeout: 10_000, retry };

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
