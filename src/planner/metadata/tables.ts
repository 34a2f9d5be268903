/** The tables of information_schema whose rows are about a database: which column says it, and what a sharded keyspace's rows add up to. */

/** How the shards' rows of one thing become one row. */
export type Statistics = Readonly<{
  /** Columns that name the thing. */
  keys: readonly string[];
  sum: readonly string[];
  max: readonly string[];
  /** Column, dividend, divisor: what is no sum in itself. */
  quotient: readonly [string, string, string] | undefined;
}>;

export type MetadataTable = Readonly<{
  /** As MySQL writes it. */
  name: string;
  /** The column with the database, then those that are always equal to it. */
  schemaColumns: readonly [string, ...string[]];
  statistics: Statistics | undefined;
}>;

const sizes = ['TABLE_ROWS', 'DATA_LENGTH', 'MAX_DATA_LENGTH', 'INDEX_LENGTH', 'DATA_FREE'];
const average = ['AVG_ROW_LENGTH', 'DATA_LENGTH', 'TABLE_ROWS'] as const;

const statistics: Readonly<Record<string, Statistics>> = {
  TABLES: {
    keys: ['TABLE_SCHEMA', 'TABLE_NAME'],
    sum: sizes,
    max: ['AUTO_INCREMENT', 'UPDATE_TIME', 'CHECK_TIME'],
    quotient: average,
  },
  PARTITIONS: {
    keys: ['TABLE_SCHEMA', 'TABLE_NAME', 'PARTITION_NAME', 'SUBPARTITION_NAME'],
    sum: sizes,
    max: ['UPDATE_TIME', 'CHECK_TIME'],
    quotient: average,
  },
  // As many different values as a shard has are there at least.
  STATISTICS: {
    keys: ['TABLE_SCHEMA', 'TABLE_NAME', 'INDEX_NAME', 'SEQ_IN_INDEX'],
    sum: [],
    max: ['CARDINALITY'],
    quotient: undefined,
  },
};

const schemaColumns: Readonly<Record<string, readonly [string, ...string[]]>> = {
  CHECK_CONSTRAINTS: ['CONSTRAINT_SCHEMA'],
  COLUMNS: ['TABLE_SCHEMA'],
  COLUMNS_EXTENSIONS: ['TABLE_SCHEMA'],
  COLUMN_PRIVILEGES: ['TABLE_SCHEMA'],
  COLUMN_STATISTICS: ['SCHEMA_NAME'],
  EVENTS: ['EVENT_SCHEMA'],
  JSON_DUALITY_VIEWS: ['TABLE_SCHEMA'],
  JSON_DUALITY_VIEW_COLUMNS: ['TABLE_SCHEMA'],
  JSON_DUALITY_VIEW_LINKS: ['TABLE_SCHEMA'],
  JSON_DUALITY_VIEW_TABLES: ['TABLE_SCHEMA'],
  KEY_COLUMN_USAGE: ['TABLE_SCHEMA', 'CONSTRAINT_SCHEMA'],
  LIBRARIES: ['LIBRARY_SCHEMA'],
  PARAMETERS: ['SPECIFIC_SCHEMA'],
  PARTITIONS: ['TABLE_SCHEMA'],
  REFERENTIAL_CONSTRAINTS: ['CONSTRAINT_SCHEMA'],
  ROUTINES: ['ROUTINE_SCHEMA'],
  ROUTINE_LIBRARIES: ['ROUTINE_SCHEMA'],
  SCHEMATA: ['SCHEMA_NAME'],
  SCHEMATA_EXTENSIONS: ['SCHEMA_NAME'],
  SCHEMA_PRIVILEGES: ['TABLE_SCHEMA'],
  STATISTICS: ['TABLE_SCHEMA', 'INDEX_SCHEMA'],
  ST_GEOMETRY_COLUMNS: ['TABLE_SCHEMA'],
  TABLES: ['TABLE_SCHEMA'],
  TABLES_EXTENSIONS: ['TABLE_SCHEMA'],
  TABLE_CONSTRAINTS: ['TABLE_SCHEMA', 'CONSTRAINT_SCHEMA'],
  TABLE_CONSTRAINTS_EXTENSIONS: ['CONSTRAINT_SCHEMA'],
  TABLE_PRIVILEGES: ['TABLE_SCHEMA'],
  TRIGGERS: ['TRIGGER_SCHEMA', 'EVENT_OBJECT_SCHEMA'],
  VIEWS: ['TABLE_SCHEMA'],
  VIEW_ROUTINE_USAGE: ['TABLE_SCHEMA'],
  VIEW_TABLE_USAGE: ['VIEW_SCHEMA'],
};

/** A table of information_schema by its name in any case; undefined where its rows are not about databases. */
export function metadataTable(name: string): MetadataTable | undefined {
  const upper = name.toUpperCase();
  const columns = schemaColumns[upper];
  if (columns === undefined) return undefined;
  return { name: upper, schemaColumns: columns, statistics: statistics[upper] };
}

/** Whether a column of a table is another one on each shard. Upper case. */
export function isStatistic({ statistics: facts }: MetadataTable, column: string): boolean {
  if (facts === undefined) return false;
  return facts.sum.includes(column) || facts.max.includes(column) || facts.quotient?.[0] === column;
}
