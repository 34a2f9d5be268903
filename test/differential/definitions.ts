/** The keyspaces as SQL and as VSchema. */
import { marketObjects, marketTables, marketVindexes, officeObjects, officeTables } from './market.ts';
import { allTables, type TableDefinition, vindexes } from './tables.ts';

export const SHARDED = 'shop';
export const UNSHARDED = 'core';
export const MARKET = 'market';
export const OFFICE = 'office';
/** The twin's further databases: the rows of a keyspace without any key. */
export const bareName = (keyspace: string): string => `bare_${keyspace}`;

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

export const sequences: readonly string[] = allTables.flatMap(({ autoIncrement }) =>
  autoIncrement ? [autoIncrement.sequence] : [],
);

const sequenceTable = (name: string): string[] => [
  `CREATE TABLE ${name} (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'`,
  `INSERT INTO ${name} VALUES (0, ${FIRST_NUMBER}, ${SEQUENCE_CACHE})`,
];

/** A database, the same name on the reference. */
export type Keyspace = Readonly<{
  name: string;
  sharded: boolean;
  tables: readonly TableDefinition[];
  /** Statements that make what else there is, behind the tables. */
  objects: readonly string[];
  vschema: Readonly<Record<string, unknown>>;
}>;

const unsharded = (
  name: string,
  parts: Pick<Keyspace, 'tables' | 'objects'>,
  others: object = {},
): Keyspace => ({
  name,
  sharded: false,
  ...parts,
  vschema: {
    sharded: false,
    tables: { ...Object.fromEntries(parts.tables.map((table) => [table.name, {}])), ...others },
  },
});

function tableVschema({ sharding, pinned, autoIncrement }: TableDefinition): object {
  if (sharding === undefined) return pinned === undefined ? { type: 'reference' } : { pinned };
  return {
    column_vindexes: [{ columns: sharding.columns, name: sharding.vindex }],
    ...(autoIncrement && {
      auto_increment: {
        column: autoIncrement.column,
        sequence: `${UNSHARDED}.${autoIncrement.sequence}`,
      },
    }),
  };
}

const sharded = (name: string, parts: Pick<Keyspace, 'tables' | 'objects'>, indexes: object): Keyspace => ({
  name,
  sharded: true,
  ...parts,
  vschema: {
    sharded: true,
    vindexes: indexes,
    tables: Object.fromEntries(parts.tables.map((table) => [table.name, tableVschema(table)])),
  },
});

const sequenceType = (names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, { type: 'sequence' }]));

export const keyspaces: readonly Keyspace[] = [
  unsharded(
    UNSHARDED,
    {
      tables: [],
      objects: [
        'CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, name VARCHAR(20))',
        "INSERT INTO plain VALUES (1, 'one'), (2, 'two'), (3, NULL)",
        ...sequences.flatMap(sequenceTable),
      ],
    },
    { plain: {}, ...sequenceType(sequences) },
  ),
  sharded(SHARDED, { tables: allTables, objects: [] }, vindexes),
  unsharded(
    OFFICE,
    { tables: officeTables, objects: [...officeObjects, ...sequenceTable('seq')] },
    sequenceType(['seq']),
  ),
  sharded(MARKET, { tables: marketTables, objects: marketObjects }, marketVindexes),
];
