/** What the generator knows of a column: its definition, what it can be compared and grouped by, and values it may hold. */

export type Family =
  | 'integer'
  | 'unsigned'
  | 'decimal'
  | 'float'
  | 'text'
  | 'binary'
  | 'date'
  | 'datetime'
  | 'time'
  | 'year'
  | 'json'
  | 'enum'
  | 'set'
  | 'bit';

export type ColumnDefinition = Readonly<{
  name: string;
  /** As in CREATE TABLE. */
  type: string;
  family: Family;
  /** Values as SQL literals of the stored value; NULL among them where the column takes it. */
  pool: readonly string[];
  /** Values that MySQL calls equal may differ in bytes: which of them stands for a group is MySQL's choice. */
  loose: boolean;
  /** Computed by the server: not inserted. */
  generated: boolean;
}>;

/** A column; `loose` follows from the collation in the type unless it is given. */
export function column(
  name: string,
  type: string,
  family: Family,
  pool: readonly string[],
  more: Partial<Pick<ColumnDefinition, 'loose' | 'generated'>> = {},
): ColumnDefinition {
  return { name, type, family, pool, loose: isLoose(type, family), generated: false, ...more };
}

function isLoose(type: string, family: Family): boolean {
  // JSON compares 1 and 1.0 as equal, too.
  if (family === 'json') return true;
  return family === 'text' && !/_0900_bin/.test(type);
}

export const isNullable = ({ type }: ColumnDefinition): boolean => !/NOT NULL/.test(type);

/** A text literal that means the same under every collation and `sql_mode` of the tests. */
export const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\t', '\\t').replaceAll('\n', '\\n')}'`;
