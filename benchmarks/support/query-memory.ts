/** What large answers of several shards cost the router in memory: rows merged in an order, and rows joined. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyspaceStage } from '../../test/support/keyspace-stage.ts';
import { MemorySampler, withDescendants } from './process-figures.ts';
import { pageRows } from './query-arena.ts';
import { QueryClock, QueryError } from './query-clock.ts';

/** Rows of about 2,000 bytes. */
export const memoryQueries = {
  merge: (rows: number): string =>
    `SELECT p.id, p.body FROM page p STRAIGHT_JOIN copies c WHERE p.id <= ${Math.min(rows, pageRows)} AND c.id <= ${Math.ceil(rows / pageRows)} ORDER BY p.id`,
  join: (rows: number): string =>
    `SELECT v.id, p.body FROM visit v JOIN page p ON p.id = v.page WHERE v.id <= ${rows}`,
} as const;
export type MemoryQuery = keyof typeof memoryQueries;

const rowBytes = 2000;
const smallRows = 10e6 / rowBytes;
const slowSeconds = 20;
const slowBytesPerSecond = 1_000_000;

export type QueryMemory = Readonly<{ name: MemoryQuery }> &
  (
    | Readonly<{ kind: 'refused'; message: string }>
    | Readonly<{ kind: 'measured'; smallPeakBytes: number; largePeakBytes: number; slowPeakBytes: number }>
  );

/** Peak memory under 10 MB, under `largeBytes`, and under those while the client takes 1 MB/s of them. */
export async function measureQueryMemory(
  stage: KeyspaceStage,
  name: MemoryQuery,
  largeBytes: number,
): Promise<QueryMemory> {
  const text = memoryQueries[name];
  const largeRows = largeBytes / rowBytes;
  const peak = async (work: () => Promise<unknown>): Promise<number> => {
    const sampler = new MemorySampler(withDescendants([stage.routerPid()]));
    try {
      await work();
    } finally {
      sampler.stop();
    }
    return sampler.stop();
  };
  const read = async (rows: number): Promise<void> => {
    const clock = await QueryClock.open(stage.router, 'wide');
    try {
      const answer = await clock.ask(text(rows));
      if (answer.rows !== rows) throw new Error(`${name}: ${answer.rows} rows of ${rows}`);
    } finally {
      clock.close();
    }
  };
  const readSlowly = async (): Promise<void> => {
    const clock = await QueryClock.open(stage.router, 'wide');
    clock.bytesPerSecondMax = slowBytesPerSecond;
    void clock.ask(text(largeRows)).catch(() => undefined);
    await sleep(slowSeconds * 1000);
    const { bytesRead } = clock;
    clock.close();
    const expected = slowSeconds * slowBytesPerSecond;
    if (bytesRead < expected / 2) throw new Error(`the slow reader got only ${bytesRead} bytes`);
  };
  try {
    // The first results also load code and grow the heap to its usual size.
    for (let warmUp = 0; warmUp < 3; warmUp++) await read(smallRows);
    const smallPeakBytes = await peak(() => read(smallRows));
    const largePeakBytes = await peak(() => read(largeRows));
    const slowPeakBytes = await peak(readSlowly);
    return { name, kind: 'measured', smallPeakBytes, largePeakBytes, slowPeakBytes };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { name, kind: 'refused', message: error.message };
  }
}
