import type { MetadataRow } from './json-table.ts';
import type { MetadataTable } from './tables.ts';

/**
 * The rows of a keyspace's shards as those of one database: counts and sizes are added up, of what cannot be added the greatest, all
 * else is the first shard's. `names` are the columns, upper case, the table's keys among them. A thing that only some shards have is shown too.
 */
export function mergedRows(
  { statistics }: MetadataTable,
  names: readonly string[],
  shards: readonly (readonly MetadataRow[])[],
): MetadataRow[] {
  if (statistics === undefined) return shards.flat();
  const at = (name: string): number => names.indexOf(name);
  const keys = statistics.keys.map(at);
  const sums = statistics.sum.map(at).filter((column) => column >= 0);
  const maxima = statistics.max.map(at).filter((column) => column >= 0);
  const merged = new Map<string, (string | null)[]>();
  for (const row of shards.flat()) {
    const key = JSON.stringify(keys.map((column) => row[column]));
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, [...row]);
      continue;
    }
    for (const column of sums) known[column] = sum(known[column]!, row[column]!);
    for (const column of maxima) known[column] = greater(known[column]!, row[column]!);
  }
  const [result, dividend, divisor] = (statistics.quotient ?? []).map(at);
  const rows = [...merged.values()];
  if (result !== undefined && result >= 0)
    for (const row of rows) row[result] = quotient(row[dividend!]!, row[divisor!]!);
  return rows;
}

type Value = string | null;

const sum = (a: Value, b: Value): Value =>
  a === null || b === null ? (a ?? b) : String(BigInt(a) + BigInt(b));

/** Numbers by their value, times as they are written. */
function greater(a: Value, b: Value): Value {
  if (a === null || b === null) return a ?? b;
  const areNumbers = digits.test(a) && digits.test(b);
  return (areNumbers ? BigInt(a) > BigInt(b) : a > b) ? a : b;
}

const digits = /^\d+$/;

function quotient(dividend: Value, divisor: Value): Value {
  if (dividend === null || divisor === null) return null;
  return divisor === '0' ? '0' : String(BigInt(dividend) / BigInt(divisor));
}
