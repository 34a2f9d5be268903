/** Large answers of several shards pass through the router without staying in it, however slow the client is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { residentBytes, withDescendants } from '../../benchmarks/support/process-figures.ts';
import { wideKeyspace } from '../../benchmarks/support/query-arena.ts';
import { QueryClock, QueryError } from '../../benchmarks/support/query-clock.ts';
import { type MemoryQuery, memoryQueries } from '../../benchmarks/support/query-memory.ts';
import { type KeyspaceStage, setKeyspaces } from '../support/keyspace-stage.ts';

/** Rows of 2,000 bytes: 10 and 200 MB. */
const SMALL_ROWS = 5000;
const LARGE_ROWS = 100_000;
/** Half of the large answer would show. What the heap takes for its comfort does not. */
const GROWTH_BYTES_MAX = 96 * 1024 * 1024;

/** By now these are refused. One that is answered has to leave the list. */
const refused: readonly MemoryQuery[] = [];

let stage: KeyspaceStage;

beforeAll(async () => {
  stage = await setKeyspaces([wideKeyspace(LARGE_ROWS)], { freshRouter: true });
});
afterAll(() => stage?.stop());

const resident = (): number => residentBytes(withDescendants([stage.routerPid()]), 'VmHWM');

async function read(sql: string): Promise<number> {
  const clock = await QueryClock.open(stage.router, 'wide');
  try {
    return (await clock.ask(sql)).rows;
  } finally {
    clock.close();
  }
}

/** Takes nothing until nothing moves any more, then everything. */
async function readLate(sql: string): Promise<number> {
  const clock = await QueryClock.open(stage.router, 'wide');
  try {
    clock.pause();
    const answer = clock.ask(sql);
    await sleep(1500);
    clock.resume();
    return (await answer).rows;
  } finally {
    clock.close();
  }
}

test.each(Object.keys(memoryQueries) as MemoryQuery[])(
  '%s: 200 MB take about as much memory as 10 MB, or it is refused',
  async (name) => {
    const text = memoryQueries[name];
    if (refused.includes(name)) {
      await expect(read(text(SMALL_ROWS))).rejects.toThrow(QueryError);
      return;
    }
    for (let warmUp = 0; warmUp < 3; warmUp++) expect(await read(text(SMALL_ROWS))).toBe(SMALL_ROWS);
    const before = resident();
    expect(await read(text(LARGE_ROWS))).toBe(LARGE_ROWS);
    expect(await readLate(text(LARGE_ROWS))).toBe(LARGE_ROWS);
    expect(resident() - before).toBeLessThan(GROWTH_BYTES_MAX);
  },
);
