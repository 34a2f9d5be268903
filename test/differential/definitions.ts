/** The tables as SQL and as VSchema. */
import { allTables, type TableDefinition, vindexes } from './tables.ts';

export const SHARDED = 'shop';
export const UNSHARDED = 'core';
/** The twin's second database: the same rows without any key. */
export const BARE = 'bare';

/** The first number that sequences and AUTO_INCREMENT hand out. */
const FIRST_NUMBER = 1001;
// Where a block of numbers ends, a gap is left: not within a run.
const SEQUENCE_CACHE = 10_000_000;

/** CREATE TABLE, the same on every shard and on the reference. */
export function createTable({ name, columns, keys, autoIncrement }: TableDefinition): string {
  const parts = [...columns.map((column) => `\`${column.name}\` ${column.type}`), ...keys];
  const start = autoIncrement ? ` AUTO_INCREMENT=${FIRST_NUMBER}` : '';
  return `CREATE TABLE ${name} (\n  ${parts.join(',\n  ')}\n)${start} STATS_AUTO_RECALC=0`;
}

export const bareTables: readonly string[] = allTables.map(
  ({ name }) => `CREATE TABLE ${BARE}.${name} AS SELECT * FROM ${SHARDED}.${name}`,
);

export const sequences: readonly string[] = allTables.flatMap(({ autoIncrement }) =>
  autoIncrement ? [autoIncrement.sequence] : [],
);

/** What the unsharded keyspace holds beside the sequences. */
export const unshardedTables: readonly string[] = [
  'CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, name VARCHAR(20))',
  "INSERT INTO plain VALUES (1, 'one'), (2, 'two'), (3, NULL)",
  ...sequences.flatMap((name) => [
    `CREATE TABLE ${name} (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'`,
    `INSERT INTO ${name} VALUES (0, ${FIRST_NUMBER}, ${SEQUENCE_CACHE})`,
  ]),
];

export const unshardedVschema = {
  sharded: false,
  tables: { plain: {}, ...Object.fromEntries(sequences.map((name) => [name, { type: 'sequence' }])) },
};

export const shardedVschema = {
  sharded: true,
  vindexes,
  tables: Object.fromEntries(
    allTables.map(({ name, sharding, pinned, autoIncrement }) => [
      name,
      sharding === undefined
        ? pinned === undefined
          ? { type: 'reference' }
          : { pinned }
        : {
            column_vindexes: [{ columns: sharding.columns, name: sharding.vindex }],
            ...(autoIncrement && {
              auto_increment: {
                column: autoIncrement.column,
                sequence: `${UNSHARDED}.${autoIncrement.sequence}`,
              },
            }),
          },
    ]),
  ),
};
