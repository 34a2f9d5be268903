import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Without a limit of the process group it is 0, or more than there is.
const memoryGib = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 30;

/**
 * System test files at once. They share nothing: their servers have ports and folders of their own. Most of a file's time is waiting, so that
 * two cores carry two of them; a fourth would only make the others slower.
 */
const filesAtOnce = Math.max(1, Math.min(3, availableParallelism(), Math.floor(memoryGib / 1.5)));

/** Up to 3 GiB of servers; all others stay below 1.5. Where there is little memory, each of these runs alone. */
const large = ['test/differential/*.test.ts', 'test/wire-compare/*.test.ts'];
const isSmall = memoryGib < 7;

const system = {
  environment: 'node',
  // Only a hang takes so long, however busy the machine is.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // Hundreds of routers and commands are started: with their modules compiled before, each takes half the time.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.headgate/compile-cache') },
};

/** `unit`: pure, next to the source. `system`: real servers, in `test/`. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 } },
      {
        test: {
          ...system,
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: isSmall ? large : [],
          maxWorkers: filesAtOnce,
          sequence: { groupOrder: 1 },
        },
      },
      ...(isSmall
        ? [
            {
              test: {
                ...system,
                name: 'system-alone',
                include: large,
                maxWorkers: 1,
                sequence: { groupOrder: 2 },
              },
            },
          ]
        : []),
    ],
  },
});
