/** The rows of the tables: the same in every run, so that a case needs only its seed and its number. */
import { Random } from '../support/random.ts';
import { keyspaces } from './definitions.ts';
import type { TableDefinition } from './tables.ts';

/** A row's values as SQL literals, in the order of the table's inserted columns. */
export type Row = readonly string[];

const DATA_SEED = 20_240_229;

const extremeIds = [
  '0',
  '-1',
  '-7',
  '9223372036854775807',
  '-9223372036854775808',
  '4294967296',
  '9007199254740993',
];

const customerIds = [...Array.from({ length: 33 }, (_, at) => String(at + 1)), ...extremeIds];

/** Columns that an INSERT names. */
export const insertedColumns = (table: TableDefinition) =>
  table.columns.filter(({ generated }) => !generated);

function fill(
  table: TableDefinition,
  at: number,
  random: Random,
  fixed: Readonly<Record<string, string>>,
): Row {
  return insertedColumns(table).map(({ name, pool }) => {
    const value = fixed[name] ?? (pool.length > 0 ? random.pick(pool) : undefined);
    if (value === undefined) throw new Error(`${table.name}.${name}, row ${at}: no value`);
    return value;
  });
}

function fixedValues(table: TableDefinition, at: number, random: Random): Readonly<Record<string, string>> {
  if (table.fixed) return table.fixed(at);
  const nth = (pool: readonly string[]): string => pool[at % pool.length]!;
  const poolOf = (name: string): readonly string[] => table.columns.find((each) => each.name === name)!.pool;
  switch (table.name) {
    case 'zoo':
      return { id: at < extremeIds.length ? extremeIds[at]! : String(at - extremeIds.length + 1) };
    case 'customers':
      return { id: customerIds[at]! };
    case 'orders':
      // The last few have no customer.
      return { cid: at < 100 ? nth(customerIds.slice(0, 25)) : String(900 + (at % 5)), oid: String(at + 1) };
    case 'items':
      return { cid: nth(customerIds.slice(0, 25)), oid: String((at % 100) + 1), line: String(at + 1) };
    case 'countries':
      return { code: nth(poolOf('code')), title: nth(poolOf('title')) };
    case 'w_item':
      return { id: nth(poolOf('id')) };
    case 'w_text':
      return { n: String(at + 1), k: nth(poolOf('k')) };
    case 'w_exact':
      return { k: nth(poolOf('k')) };
    case 'w_auto':
      return { id: String(at + 1) };
    case 'w_child':
      return { id: String(at + 1), cid: nth(poolOf('cid')) };
    default: {
      const pool = poolOf('k');
      return { n: String(at + 1), k: at < pool.length ? pool[at]! : random.pick(pool) };
    }
  }
}

function makeRows(table: TableDefinition, place: number): Row[] {
  const random = new Random(DATA_SEED + place);
  return Array.from({ length: table.rows }, (_, at) =>
    fill(table, at, random, fixedValues(table, at, random)),
  );
}

const made = new Map(
  keyspaces.flatMap(({ tables }) => tables.map((table, place) => [table, makeRows(table, place)] as const)),
);

export const rowsOf = (table: TableDefinition): readonly Row[] => made.get(table)!;

/** One INSERT for some of a table's rows. */
export function insertOf(table: TableDefinition, rows: readonly Row[]): string {
  const names = insertedColumns(table).map(({ name }) => `\`${name}\``);
  return `INSERT INTO ${table.name} (${names.join(', ')}) VALUES\n${rows.map((row) => `(${row.join(', ')})`).join(',\n')}`;
}
