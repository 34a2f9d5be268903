/** From the rows of information_schema to tables. The rows come from one server, which is believed in all it says. */
import type { ColumnSchema, KeySchema, TableSchema } from './schema.ts';

/** The columns of information_schema.COLUMNS that are read. */
export const columnFields = [
  'TABLE_NAME',
  'ORDINAL_POSITION',
  'COLUMN_NAME',
  'COLUMN_DEFAULT',
  'IS_NULLABLE',
  'DATA_TYPE',
  'CHARACTER_MAXIMUM_LENGTH',
  'NUMERIC_PRECISION',
  'NUMERIC_SCALE',
  'DATETIME_PRECISION',
  'CHARACTER_SET_NAME',
  'COLLATION_NAME',
  'COLUMN_TYPE',
  'EXTRA',
] as const;

/** Of information_schema.STATISTICS: none of its figures, which are costly and change all the time. */
export const keyFields = ['TABLE_NAME', 'INDEX_NAME', 'SEQ_IN_INDEX', 'NON_UNIQUE', 'COLUMN_NAME'] as const;

/** Of information_schema.TABLES. */
export const tableFields = ['TABLE_NAME', 'TABLE_TYPE'] as const;

/** Of information_schema.VIEWS. */
export const viewFields = ['TABLE_NAME', 'VIEW_DEFINITION'] as const;

/** One row: the text of each field, null for NULL. */
export type SchemaRow<Field extends string> = Readonly<Record<Field, string | null>>;

/** Rows of one or several whole tables, in any order. */
export type SchemaRows = Readonly<{
  columns: readonly SchemaRow<(typeof columnFields)[number]>[];
  keys: readonly SchemaRow<(typeof keyFields)[number]>[];
  tables: readonly SchemaRow<(typeof tableFields)[number]>[];
  views: readonly SchemaRow<(typeof viewFields)[number]>[];
}>;

/** Tables and views by name. Those of which no column was read are left out. */
export function buildTables(rows: SchemaRows): ReadonlyMap<string, TableSchema> {
  const columns = groupByTable(rows.columns);
  const keys = groupByTable(rows.keys);
  const definitions = new Map(rows.views.map((row) => [row.TABLE_NAME!, row.VIEW_DEFINITION || undefined]));
  const tables = new Map<string, TableSchema>();
  for (const { TABLE_NAME: name, TABLE_TYPE: type } of rows.tables) {
    const own = columns.get(name!);
    if (own === undefined) continue;
    own.sort((a, b) => Number(a.ORDINAL_POSITION) - Number(b.ORDINAL_POSITION));
    const table: TableSchema = {
      name: name!,
      kind: type === 'VIEW' ? 'view' : 'table',
      columns: Object.freeze(own.map(buildColumn)),
      keys: buildKeys(keys.get(name!) ?? []),
      definition: definitions.get(name!),
    };
    tables.set(table.name, Object.freeze(table));
  }
  return tables;
}

function groupByTable<Row extends SchemaRow<'TABLE_NAME'>>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.TABLE_NAME!);
    if (group === undefined) groups.set(row.TABLE_NAME!, [row]);
    else group.push(row);
  }
  return groups;
}

function buildColumn(row: SchemaRow<(typeof columnFields)[number]>): ColumnSchema {
  const dataType = row.DATA_TYPE!.toLowerCase();
  const columnType = row.COLUMN_TYPE!;
  const hasValues = dataType === 'enum' || dataType === 'set';
  // What is said behind the type: `auto_increment`, `DEFAULT_GENERATED`, `VIRTUAL GENERATED INVISIBLE` …
  const extra = row.EXTRA!.toUpperCase();
  return Object.freeze({
    name: row.COLUMN_NAME!,
    dataType,
    columnType,
    unsigned: !hasValues && / unsigned\b/.test(columnType),
    length: numberOf(row.CHARACTER_MAXIMUM_LENGTH),
    precision: numberOf(row.NUMERIC_PRECISION),
    scale: numberOf(row.NUMERIC_SCALE),
    fractionDigits: numberOf(row.DATETIME_PRECISION),
    charset: row.CHARACTER_SET_NAME ?? undefined,
    collation: row.COLLATION_NAME ?? undefined,
    nullable: row.IS_NULLABLE === 'YES',
    defaultText: row.COLUMN_DEFAULT ?? undefined,
    defaultIsExpression: extra.includes('DEFAULT_GENERATED'),
    generated: extra.includes('VIRTUAL GENERATED')
      ? 'virtual'
      : extra.includes('STORED GENERATED')
        ? 'stored'
        : 'no',
    invisible: extra.includes('INVISIBLE'),
    autoIncrement: extra.includes('AUTO_INCREMENT'),
    values: hasValues ? Object.freeze(typeValues(columnType)) : undefined,
  });
}

const numberOf = (text: string | null): number | undefined => (text === null ? undefined : Number(text));

function buildKeys(rows: SchemaRow<(typeof keyFields)[number]>[]): readonly KeySchema[] {
  rows.sort((a, b) => Number(a.SEQ_IN_INDEX) - Number(b.SEQ_IN_INDEX));
  const keys = new Map<string, { unique: boolean; columns: (string | undefined)[] }>();
  for (const row of rows) {
    const key = keys.get(row.INDEX_NAME!);
    const column = row.COLUMN_NAME ?? undefined;
    if (key === undefined) keys.set(row.INDEX_NAME!, { unique: row.NON_UNIQUE === '0', columns: [column] });
    else key.columns.push(column);
  }
  const built = [...keys].map(([name, { unique, columns }]) =>
    Object.freeze({ name, unique, primary: name === 'PRIMARY', columns: Object.freeze(columns) }),
  );
  // The primary key first, the others by name: the same for all servers.
  built.sort((a, b) => Number(b.primary) - Number(a.primary) || (a.name < b.name ? -1 : 1));
  return Object.freeze(built);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', '0': '\0' };

/**
 * The values in `enum('a','it''s')` or `set(…)`. COLUMN_TYPE doubles quotes and backslashes and writes NUL, line feed and
 * carriage return as `\0`, `\n`, `\r`, whatever sql_mode says.
 */
export function typeValues(columnType: string): string[] {
  const values: string[] = [];
  for (const [, text] of columnType.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)) {
    values.push(text!.replace(/''|\\(.)/gs, (_pair, after?: string) => unescaped(after)));
  }
  return values;
}

const unescaped = (after: string | undefined): string =>
  after === undefined ? "'" : (escapes[after] ?? after);
