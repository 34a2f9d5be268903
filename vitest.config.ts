import { defineConfig } from 'vitest/config';

/** `unit`: pure, next to the source. `system`: real servers, in `test/`; one file at a time so that 2 cores suffice. */
export default defineConfig({
  test: {
    projects: [
      // Only a hang takes so long, however busy the machine is.
      { test: { name: 'unit', include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 } },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
