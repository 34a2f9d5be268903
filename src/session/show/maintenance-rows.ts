/** The rows that table maintenance gives on each shard, as those of one server. */
import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import { readTextRow } from '../../wire/packets.ts';

type Row = readonly (string | null)[];

export type ShardRowsFound = Readonly<{ name: string; rows: readonly Row[] }>;

export const rowsOf = ({ rows, definitions }: CollectedAnswer): Row[] =>
  rows.map((row) => readTextRow(row, definitions.length).map((value) => value?.toString() ?? null));

const CHECKSUMS = 2n ** 32n;

/**
 * MySQL's checksum of a table is the sum of those of its rows, in 32 bits, whatever their order; so those of shards add up. `isCopy`: the
 * table has all its rows on each shard.
 */
export function mergedChecksums(
  shards: readonly ShardRowsFound[],
  isCopy: (table: string) => boolean,
): Row[] {
  const [first, ...others] = shards;
  return first!.rows.map(([table = null, own = null], at) => {
    if (own === null || isCopy(table ?? '')) return [table, own];
    const all = others.map(({ rows }) => rows[at]?.[1] ?? null);
    if (all.includes(null)) return [table, null];
    const sum = all.reduce((total, value) => total + BigInt(value!), BigInt(own));
    return [table, String(sum % CHECKSUMS)];
  });
}

/** A message that all shards have is told once; others say where they come from. Table by table, in the statement's order. */
export function mergedMessages(shards: readonly ShardRowsFound[]): Row[] {
  const byTable = new Map<string | null, Map<string, { row: Row; shards: string[] }>>();
  for (const { name, rows } of shards)
    for (const row of rows) {
      const table = row[0] ?? null;
      const messages = byTable.get(table) ?? new Map<string, { row: Row; shards: string[] }>();
      byTable.set(table, messages);
      const key = JSON.stringify(row);
      const known = messages.get(key);
      if (known === undefined) messages.set(key, { row, shards: [name] });
      else known.shards.push(name);
    }
  return [...byTable.values()].flatMap((messages) =>
    [...messages.values()].map(({ row, shards: where }) =>
      where.length >= shards.length ? row : [...row.slice(0, 3), `${row[3] ?? ''} (${where.join(', ')})`],
    ),
  );
}
