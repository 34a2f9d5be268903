/** Comparison of rows by several columns: the keys of ORDER BY, GROUP BY and DISTINCT. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { spaceWeight } from '../../mysql/space-weights.ts';
import { columnKind, readColumnFacts } from './column-kind.ts';
import { type CompareValues, comparatorOf, compareBytes, comparePadded } from './compare-values.ts';
import type { FieldRanges } from './row-format.ts';

/** Where the comparable form of a text column lies. */
export type WeightColumn = Readonly<{
  /** Position of the column that holds `WEIGHT_STRING(c)`. */
  column: number;
  /** The collation of c. The definition that the shard sends names the client's character set, not this. */
  collationId: number;
}>;

/** One column to compare by. For ENUM and SET `column` is that of `c + 0`; for FLOAT in the text protocol that of `c + 0e0`. */
export type RowKey = Readonly<{ column: number; weight?: WeightColumn }>;

export type SortKey = RowKey & Readonly<{ descending?: boolean }>;

/** Compares two rows whose fields were located before; NULL sorts first, and NULLs are equal. */
export type CompareRows = (a: Buffer, aRanges: FieldRanges, b: Buffer, bRanges: FieldRanges) => number;

/** How many fields must be located for these keys. */
export function fieldsNeeded(keys: readonly RowKey[]): number {
  return keys.reduce((most, key) => Math.max(most, key.column + 1, (key.weight?.column ?? -1) + 1), 0);
}

/** How one column's values (of a text column: their weights) are compared. Throws HG_NOT_COMPARABLE, see `comparatorOf`. */
export function keyComparator(
  definitions: readonly Buffer[],
  protocol: 'text' | 'binary',
  key: RowKey,
): CompareValues {
  if (key.weight === undefined) {
    const definition = definitions[key.column];
    if (definition === undefined) throw missing(key.column);
    return comparatorOf(columnKind(readColumnFacts(definition)), protocol);
  }
  if (definitions[key.weight.column] === undefined) throw missing(key.weight.column);
  const space = spaceWeight(key.weight.collationId);
  return space === undefined ? compareBytes : comparePadded(space);
}

const missing = (column: number): HeadgateError =>
  new HeadgateError('HG_INTERNAL', {
    detail: `the plan compares column ${column}, which the shards did not send`,
  });

/** The weight is NULL though the value is not: it might have been longer than the shard's max_allowed_packet. */
const tooLong = (): HeadgateError => new HeadgateError('HG_VALUE_TOO_LONG');

/** A comparison by all keys. Throws HG_NOT_COMPARABLE for columns that cannot be compared. */
export function rowComparator(
  definitions: readonly Buffer[],
  protocol: 'text' | 'binary',
  keys: readonly SortKey[],
): CompareRows {
  const parts = keys.map((key) => compareByKey(keyComparator(definitions, protocol, key), key));
  const [first, second] = parts;
  if (first === undefined) return () => 0;
  if (second === undefined) return first;
  return (a, aRanges, b, bRanges) => {
    for (let i = 0; i < parts.length; i++) {
      const order = parts[i]!(a, aRanges, b, bRanges);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareByKey(compare: CompareValues, key: SortKey): CompareRows {
  const sign = key.descending ? -1 : 1;
  const slot = 2 * (key.weight?.column ?? key.column);
  const valueSlot = 2 * key.column;
  return (a, aRanges, b, bRanges) => {
    const aStart = aRanges[slot]!;
    const bStart = bRanges[slot]!;
    if (aStart >= 0 && bStart >= 0)
      return sign * compare(a, aStart, aRanges[slot + 1]!, b, bStart, bRanges[slot + 1]!);
    if ((aStart < 0 && aRanges[valueSlot]! >= 0) || (bStart < 0 && bRanges[valueSlot]! >= 0)) throw tooLong();
    return aStart < 0 ? (bStart < 0 ? 0 : -sign) : sign;
  };
}
