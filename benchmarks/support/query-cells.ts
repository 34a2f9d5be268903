/** What `bench:queries` asks. */
import { queries, textOf } from '../../test/tpch/queries.ts';
import { NATURAL, SCATTERED } from '../../test/tpch/stage.ts';
import { type ArenaPart, towns } from './query-arena.ts';

export type QueryCell = Readonly<{
  name: string;
  part: ArenaPart;
  keyspace: string;
  sql: string;
  /** Rows of the answer, where they are known. */
  rows?: number;
  /** Each shard can be asked the same: the slowest is what a scatter waits for. */
  onShards?: boolean;
}>;

const shards = [2, 4] as const;

const shopCells: readonly QueryCell[] = shards.flatMap((count): QueryCell[] => {
  const cell = (name: string, rows: number, sql: string, more: Partial<QueryCell> = {}): QueryCell => ({
    name: `${name}, ${count} shards`,
    part: 'shop',
    keyspace: `shop${count}`,
    rows,
    sql,
    ...more,
  });
  return [
    cell(
      'join-100',
      100,
      'SELECT s.id, s.amount, b.name FROM sale s JOIN buyer b ON b.id = s.buyer WHERE s.few = 7',
    ),
    cell(
      'join-10000',
      10_000,
      'SELECT s.id, s.amount, b.name FROM sale s JOIN buyer b ON b.id = s.buyer WHERE s.many = 7',
    ),
    cell(
      'join-sorted',
      10_000,
      'SELECT s.id, b.name FROM sale s JOIN buyer b ON b.id = s.buyer WHERE s.many = 7 ORDER BY s.id',
    ),
    cell(
      'join-grouped',
      towns,
      'SELECT b.town, COUNT(*), SUM(s.amount) FROM sale s JOIN buyer b ON b.id = s.buyer WHERE s.many = 7 GROUP BY b.town',
    ),
    cell(
      'keyspaces',
      100,
      'SELECT s.id, s.amount, t.name FROM sale s JOIN places.town t ON t.id = s.town WHERE s.few = 7',
    ),
    cell('aggregate', towns, 'SELECT town, COUNT(*), SUM(amount) FROM sale GROUP BY town', {
      onShards: true,
    }),
    cell('page', 20, 'SELECT id, amount, buyer FROM sale WHERE amount >= 1000 ORDER BY amount, id LIMIT 20', {
      onShards: true,
    }),
    cell(
      'window',
      10_000,
      'SELECT id, town, ROW_NUMBER() OVER (PARTITION BY town ORDER BY amount, id) AS place FROM sale WHERE many = 7',
    ),
  ];
});

const tpchCells: readonly QueryCell[] = [NATURAL, SCATTERED].flatMap((keyspace) =>
  queries.map(
    (query): QueryCell => ({
      name: `${keyspace}-q${query.number}`,
      part: 'tpch',
      keyspace,
      sql: textOf(query),
    }),
  ),
);

const cells: readonly QueryCell[] = [...shopCells, ...tpchCells];

/** Those whose name begins with one of the wanted; all where none is wanted. */
export const cellsNamed = (wanted: readonly string[]): readonly QueryCell[] =>
  wanted.length === 0 ? cells : cells.filter(({ name }) => wanted.some((start) => name.startsWith(start)));
