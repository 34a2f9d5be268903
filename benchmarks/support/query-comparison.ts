/** One query by several ways in turns: one MySQL, the router over shards, and each shard by itself. */
import type { KeyspaceStage } from '../../test/support/keyspace-stage.ts';
import { median } from './comparison.ts';
import type { QueryCell } from './query-cells.ts';
import { QueryClock, QueryError } from './query-clock.ts';

/** Milliseconds are medians over the rounds; ratios are medians of each round's. */
export type QueryResult = Readonly<{ name: string; keyspace: string }> &
  (
    | Readonly<{ kind: 'refused'; message: string }>
    | Readonly<{
        kind: 'measured';
        rows: number;
        oneMs: number;
        routerMs: number;
        toOne: number;
        slowestShardMs?: number;
        toShard?: number;
      }>
  );

export type QueryPace = Readonly<{ rounds: number; secondsEach: number }>;

const timesMin = 3;
const timesMax = 200;

type Way = Readonly<{ clock: QueryClock; database: string }>;

/** Median time of some runs in a row. */
async function timed({ clock }: Way, cell: QueryCell, seconds: number): Promise<number> {
  const times: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  while (times.length < timesMin || (performance.now() < endMs && times.length < timesMax)) {
    times.push((await clock.ask(cell.sql)).ms);
  }
  return median(times);
}

export async function compareQuery(
  stage: KeyspaceStage,
  cell: QueryCell,
  { rounds, secondsEach }: QueryPace,
): Promise<QueryResult> {
  const { name, keyspace } = cell;
  const open = async (endpoint: KeyspaceStage['router']): Promise<Way> => ({
    clock: await QueryClock.open(endpoint, keyspace),
    database: keyspace,
  });
  const one = await open(stage.reference);
  const router = await open(stage.router);
  const shards = cell.onShards ? await openShards(stage, cell) : [];
  try {
    const expected = await one.clock.ask(cell.sql);
    const found = await router.clock.ask(cell.sql);
    const wrong = found.rows !== expected.rows || found.rows !== (cell.rows ?? found.rows);
    if (wrong)
      throw new Error(`${name}: ${found.rows} rows from the router, ${expected.rows} from one MySQL`);
    const all: { one: number; router: number; shard: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const figures = {
        one: await timed(one, cell, secondsEach),
        router: await timed(router, cell, secondsEach),
        shard: 0,
      };
      for (const shard of shards)
        figures.shard = Math.max(figures.shard, await timed(shard, cell, secondsEach));
      // The first round warms up.
      if (round > 0) all.push(figures);
    }
    return {
      name,
      keyspace,
      kind: 'measured',
      rows: found.rows,
      oneMs: median(all.map((each) => each.one)),
      routerMs: median(all.map((each) => each.router)),
      toOne: median(all.map((each) => each.router / each.one)),
      ...(shards.length === 0
        ? {}
        : {
            slowestShardMs: median(all.map((each) => each.shard)),
            toShard: median(all.map((each) => each.router / each.shard)),
          }),
    };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { name, keyspace, kind: 'refused', message: error.message };
  } finally {
    for (const { clock } of [one, router, ...shards]) clock.close();
  }
}

/** Those mysqlds that have the keyspace: the first so many. */
async function openShards(stage: KeyspaceStage, { keyspace }: QueryCell): Promise<Way[]> {
  const count = Number(/\d+$/.exec(keyspace)?.[0] ?? 2);
  return Promise.all(
    stage.tablets.slice(0, count).map(async (endpoint) => ({
      clock: await QueryClock.open(endpoint, keyspace),
      database: keyspace,
    })),
  );
}
