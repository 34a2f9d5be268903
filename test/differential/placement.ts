/** Which shard a stored row belongs to, so that tables can be loaded past the router and checked behind it. */
import { equalKeyRanges, keyRangeContains, parseKeyRange } from '../../src/vschema/key-range.ts';
import { createVindex } from '../../src/vschema/vindexes/registry.ts';
import type { VindexValue } from '../../src/vschema/vindexes/vindex.ts';
import type { ColumnDefinition } from './columns.ts';
import { marketVindexes } from './market.ts';
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

/** Without the parameter that is a promise and changes no place. */
const paramsOf = (vindex: Readonly<{ type: string; params?: Readonly<Record<string, string>> }>) => {
  const { canonical_values: _, ...params } = vindex.params ?? {};
  return params;
};

const functions = new Map(
  Object.entries({ ...vindexes, ...marketVindexes }).map(([name, vindex]) => [
    name,
    createVindex(vindex.type, paramsOf(vindex)),
  ]),
);

/** The keyspace id of stored values; their kinds follow from the columns. */
function keyspaceId(vindex: string, values: readonly VindexValue[]): Buffer {
  const destination = functions.get(vindex)!.map(values);
  if (destination.kind !== 'keyspaceId') throw new Error(`${vindex} does not map ${JSON.stringify(values)}`);
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
export const shardOf = (table: TableDefinition, row: Row, count: number): number =>
  placeOf(table, row.map(literalBytes), count);

/** The same for a row as a tablet shows it. */
export const shardOfStored = (
  table: TableDefinition,
  row: readonly (string | null)[],
  count: number,
): number =>
  placeOf(
    table,
    row.map((value) => (value === null ? undefined : Buffer.from(value))),
    count,
  );

function placeOf(table: TableDefinition, row: readonly (Buffer | undefined)[], count: number): number {
  const id = table.pinned === undefined ? idOf(table, row) : Buffer.from(table.pinned, 'hex');
  return shardNames(count).findIndex((name) => keyRangeContains(parseKeyRange(name)!, id));
}

function idOf(table: TableDefinition, row: readonly (Buffer | undefined)[]): Buffer {
  const { columns, vindex } = table.sharding!;
  const all = insertedColumns(table);
  const values = columns.map((name) => {
    const at = all.findIndex((column) => column.name === name);
    return storedValue(all[at]!, row[at]);
  });
  return keyspaceId(vindex, values);
}
