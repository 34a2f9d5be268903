/**
 * What the tables of a keyspace look like: names, columns, types, collations, keys, views. Frozen snapshots: an unchanged
 * table is the same object in the next snapshot, an unchanged keyspace the same `KeyspaceSchema`, so that whoever caches may
 * compare by identity.
 */

/** One column, as information_schema.COLUMNS has it. */
export type ColumnSchema = Readonly<{
  name: string;
  /** DATA_TYPE in lower case: 'int', 'varchar', 'decimal', 'enum', 'json' … */
  dataType: string;
  /** COLUMN_TYPE in full: 'int unsigned zerofill', "enum('a','b')", 'tinyint(1)'. */
  columnType: string;
  unsigned: boolean;
  /** At most this many characters (CHAR, VARCHAR, ENUM, SET) or bytes (TEXT, BLOB and binary types); undefined for all others. */
  length: number | undefined;
  /** Digits in all of a number, bits of BIT; undefined for types that are not numbers. */
  precision: number | undefined;
  /** Digits after the point; undefined where the type has no fixed number (FLOAT, DOUBLE without one) or is no number. */
  scale: number | undefined;
  /** Digits of the second's fraction, 0 to 6, of TIME, DATETIME, TIMESTAMP; undefined otherwise. */
  fractionDigits: number | undefined;
  /** Of text types, ENUM and SET; undefined for numbers, times, binary strings, JSON. */
  charset: string | undefined;
  collation: string | undefined;
  nullable: boolean;
  /** COLUMN_DEFAULT as MySQL shows it (a literal without its quotes, or the text of an expression); undefined for none or NULL. */
  defaultText: string | undefined;
  /** Whether `defaultText` is an expression (`DEFAULT (UUID())`, CURRENT_TIMESTAMP) and no literal. */
  defaultIsExpression: boolean;
  generated: 'no' | 'virtual' | 'stored';
  /** Left out by `SELECT *` and by INSERT without a column list. */
  invisible: boolean;
  autoIncrement: boolean;
  /** The values of ENUM and SET, in their order. */
  values: readonly string[] | undefined;
}>;

/** One index of a table. */
export type KeySchema = Readonly<{
  name: string;
  unique: boolean;
  primary: boolean;
  /** In the key's order; undefined stands for an expression. */
  columns: readonly (string | undefined)[];
}>;

/** One table or view. Its column names are found without regard to case: use `findColumn`. */
export type TableSchema = Readonly<{
  name: string;
  kind: 'table' | 'view';
  /** In the order of the table, invisible ones included. */
  columns: readonly ColumnSchema[];
  keys: readonly KeySchema[];
  /** A view's SELECT as MySQL keeps it; undefined for tables, and for views whose text the router's user may not see. */
  definition: string | undefined;
}>;

/** All tables of a keyspace on which its shards agree. */
export type KeyspaceSchema = Readonly<{
  keyspace: string;
  /** Grows with each change, and is never used twice within a process, also not by different keyspaces. */
  version: number;
  /** By name, case-sensitively, as MySQL does where lower_case_table_names is 0. */
  tables: ReadonlyMap<string, TableSchema>;
  /** Tables that cannot be used since the shards have different ones: name → a message that names the shards and what differs. */
  disagreements: ReadonlyMap<string, string>;
}>;

const columnIndexes = new WeakMap<TableSchema, ReadonlyMap<string, number>>();

/**
 * Equal for names that MySQL takes to be the same column: case is ignored, accents are not. Letter by letter as in MySQL's
 * table, in which İ is a capital i and ẞ no capital at all, and no letter depends on its neighbours (as JavaScript's Σ does).
 */
export function columnKey(name: string): string {
  const isPlain = !/[^\x00-\x7f]/.test(name);
  if (isPlain) return name.toLowerCase();
  return [...name].map((letter) => lowerCase[letter] ?? letter.toLowerCase()).join('');
}

const lowerCase: Readonly<Record<string, string>> = { İ: 'i', ẞ: 'ẞ' };

/** The position of a column in `table.columns`, by its name without regard to case; -1 where there is none. */
export function columnIndex(table: TableSchema, name: string): number {
  let index = columnIndexes.get(table);
  if (index === undefined) {
    index = new Map(table.columns.map((column, at) => [columnKey(column.name), at]));
    columnIndexes.set(table, index);
  }
  return index.get(columnKey(name)) ?? -1;
}

/** A column by its name without regard to case; undefined where the table has none. */
export function findColumn(table: TableSchema, name: string): ColumnSchema | undefined {
  return table.columns[columnIndex(table, name)];
}

/** A table or view by its name, case-sensitively; undefined where there is none, or where the shards disagree on it. */
export const findTable = (schema: KeyspaceSchema, name: string): TableSchema | undefined =>
  schema.tables.get(name);
