import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';

// 0 without a limit, and above all there is where the limit is none.
const memoryGib = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 30;
/** Up to eight servers at once, some 150 MiB each, and the processes that test them. */
const FILE_MEMORY_GIB = 1.5;

/**
 * System test files at once. Most of a file's time is waiting, so that two cores carry two files; more than three
 * would only make each other slower. Files share nothing: their servers have ports and folders of their own.
 */
const filesAtOnce = Math.max(1, Math.min(3, availableParallelism(), Math.floor(memoryGib / FILE_MEMORY_GIB)));

/** `unit`: pure, next to the source. `system`: real servers, in `test/`. */
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
          maxWorkers: filesAtOnce,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
