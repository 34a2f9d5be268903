/** Tables in short: `{"id": "bigint not null", "name": "varchar(20)"}` and the keys, to what information_schema would say of them. */
import { buildTables, type SchemaRow, type SchemaRows } from '../../src/schema/build-schema.ts';
import type { KeyspaceSchema } from '../../src/schema/schema.ts';

/**
 * By table: columns with their definitions; `unique` lists the columns of each unique key, the primary one first. `view` is
 * the text of a view, `disagreement` what the shards say of a table that they have in different forms.
 */
export type TablesFile = Readonly<
  Record<
    string,
    Readonly<{
      columns: Readonly<Record<string, string>>;
      unique?: readonly (readonly string[])[];
      view?: string;
      disagreement?: string;
    }>
  >
>;

const COLLATION = 'utf8mb4_0900_ai_ci';
const VERSION = 1;

export function keyspaceSchema(keyspace: string, all: TablesFile): KeyspaceSchema {
  const entries = Object.entries(all);
  const disagreements = entries.flatMap(([name, { disagreement }]) =>
    disagreement === undefined ? [] : [[name, disagreement] as const],
  );
  const tables = Object.fromEntries(entries.filter(([, { disagreement }]) => disagreement === undefined));
  const rows: SchemaRows = {
    tables: Object.entries(tables).map(([name, { view }]) => ({
      TABLE_NAME: name,
      TABLE_TYPE: view === undefined ? 'BASE TABLE' : 'VIEW',
    })),
    views: Object.entries(tables).flatMap(([name, { view }]) =>
      view === undefined ? [] : [{ TABLE_NAME: name, VIEW_DEFINITION: view }],
    ),
    columns: Object.entries(tables).flatMap(([table, { columns }]) =>
      Object.entries(columns).map(([name, definition], at) => columnRow(table, name, at, definition)),
    ),
    keys: Object.entries(tables).flatMap(([table, { unique = [] }]) =>
      unique.flatMap((columns, at) =>
        columns.map((name, place) => ({
          TABLE_NAME: table,
          INDEX_NAME: at === 0 ? 'PRIMARY' : `unique_${columns.join('_')}`,
          SEQ_IN_INDEX: String(place + 1),
          NON_UNIQUE: '0',
          COLUMN_NAME: name,
        })),
      ),
    ),
  };
  return Object.freeze({
    keyspace,
    version: VERSION,
    tables: buildTables(rows),
    disagreements: new Map(disagreements),
  });
}

const texts: ReadonlySet<string> = new Set(['char', 'varchar', 'text', 'enum', 'set']);
const sized: ReadonlySet<string> = new Set([...texts, 'binary', 'varbinary', 'blob']);
const largest: Readonly<Record<string, string>> = { text: '65535', blob: '65535', enum: '20', set: '60' };

/** `varchar(20) not null collate utf8mb4_bin default 'x' auto_increment`. */
function columnRow(table: string, name: string, at: number, definition: string): SchemaRow<RowField> {
  const [, columnType, dataType, size, more = ''] =
    /^(([a-z]+)(?:\(([^)]*)\))?(?: unsigned)?)(.*)$/.exec(definition) ?? [];
  if (columnType === undefined || dataType === undefined) throw new Error(`${table}.${name}: ${definition}`);
  const isText = texts.has(dataType);
  const collation = / collate (\w+)/.exec(more)?.[1] ?? COLLATION;
  const numbers = isText ? [] : (size ?? '').split(',');
  return {
    TABLE_NAME: table,
    ORDINAL_POSITION: String(at + 1),
    COLUMN_NAME: name,
    COLUMN_DEFAULT: / default '([^']*)'/.exec(more)?.[1] ?? null,
    IS_NULLABLE: more.includes(' not null') ? 'NO' : 'YES',
    DATA_TYPE: dataType,
    CHARACTER_MAXIMUM_LENGTH: sized.has(dataType) ? (largest[dataType] ?? size ?? '1') : null,
    NUMERIC_PRECISION: dataType === 'decimal' ? (numbers[0] ?? '10') : null,
    NUMERIC_SCALE: dataType === 'decimal' ? (numbers[1] ?? '0') : null,
    DATETIME_PRECISION: null,
    CHARACTER_SET_NAME: isText ? collation.split('_')[0]! : null,
    COLLATION_NAME: isText ? collation : null,
    COLUMN_TYPE: columnType,
    EXTRA: more.includes(' auto_increment')
      ? 'auto_increment'
      : more.includes(' invisible')
        ? 'INVISIBLE'
        : '',
  };
}

type RowField = keyof SchemaRows['columns'][number];
