/** Which shard a stored row belongs to, so that tables can be loaded past the router and checked behind it. */
import { equalKeyRanges, keyRangeContains, parseKeyRange } from '../../src/vschema/key-range.ts';
import { createVindex } from '../../src/vschema/vindexes/registry.ts';
import type { VindexValue } from '../../src/vschema/vindexes/vindex.ts';
import type { ColumnDefinition } from './columns.ts';
import { insertedColumns, type Row } from './rows.ts';
import { type TableDefinition, vindexes } from './tables.ts';

/** The bytes that a literal of `rows.ts` stands for; undefined for NULL. */
export function literalBytes(literal: string): Buffer | undefined {
  if (literal === 'NULL') return undefined;
  if (literal.startsWith("x'")) return Buffer.from(literal.slice(2, -1), 'hex');
  if (!literal.startsWith("'")) return Buffer.from(literal);
  const inner = literal.slice(1, -1);
  const text = inner.replace(/''|\\(.)/g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return whole === "''" ? "'" : whole;
    return escaped === 't' ? '\t' : escaped === 'n' ? '\n' : escaped;
  });
  return Buffer.from(text);
}

/** The shard's name for each of `count` equal shards. */
export const shardNames = equalKeyRanges;

const functions = new Map(Object.entries(vindexes).map(([name, { type }]) => [name, createVindex(type, {})]));

/** The keyspace id of a stored value; its kind follows from the column. */
function keyspaceId(vindex: string, value: VindexValue): Buffer {
  const destination = functions.get(vindex)!.map([value]);
  if (destination.kind !== 'keyspaceId') throw new Error(`${vindex} does not map ${JSON.stringify(value)}`);
  return destination.id;
}

const kinds: Readonly<Partial<Record<ColumnDefinition['family'], Exclude<VindexValue['kind'], 'null'>>>> = {
  integer: 'integer',
  unsigned: 'unsigned',
  decimal: 'decimal',
  binary: 'binary',
};

const storedValue = ({ family }: ColumnDefinition, bytes: Buffer | undefined): VindexValue =>
  bytes === undefined ? { kind: 'null' } : { kind: kinds[family] ?? 'text', bytes };

/** The place of the row's shard among `count` equal ones. */
export function shardOf(table: TableDefinition, row: Row, count: number): number {
  return placeOf(table, literalBytes(row[columnAt(table)]!), count);
}

/** The same for a row as a tablet shows it. */
export function shardOfStored(
  table: TableDefinition,
  row: readonly (string | null)[],
  count: number,
): number {
  const value = row[columnAt(table)];
  return placeOf(table, value == null ? undefined : Buffer.from(value), count);
}

const columnAt = (table: TableDefinition): number =>
  insertedColumns(table).findIndex(({ name }) => name === table.sharding!.column);

function placeOf(table: TableDefinition, value: Buffer | undefined, count: number): number {
  const column = insertedColumns(table)[columnAt(table)]!;
  const id = keyspaceId(table.sharding!.vindex, storedValue(column, value));
  return shardNames(count).findIndex((name) => keyRangeContains(parseKeyRange(name)!, id));
}
