/** Which shard a stored row belongs to, so that tables can be loaded past the router and checked behind it. */
import { createHash } from 'node:crypto';
import { equalKeyRanges, keyRangeContains, parseKeyRange } from '../../src/vschema/key-range.ts';
import { insertedColumns, type Row } from './rows.ts';
import type { TableDefinition, vindexes } from './tables.ts';

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

function keyspaceId(_vindex: keyof typeof vindexes, bytes: Buffer | undefined): Buffer {
  return createHash('md5')
    .update(bytes ?? '')
    .digest();
}

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
  const { vindex } = table.sharding!;
  const id = keyspaceId(vindex as keyof typeof vindexes, value);
  return shardNames(count).findIndex((name) => keyRangeContains(parseKeyRange(name)!, id));
}
