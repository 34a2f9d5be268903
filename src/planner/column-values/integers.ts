/** The integer columns of MySQL: their limits, and the text of their values. */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { VindexValue } from '../../vschema/vindexes/vindex.ts';

export type IntegerLimits = Readonly<{ min: bigint; max: bigint; kind: 'integer' | 'unsigned' }>;

const bitsOf: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

const limitsOfColumns = new WeakMap<ColumnSchema, IntegerLimits | 'none'>();

/** The least and the greatest value of an integer column; undefined for columns of other types. */
export function integerLimits(column: ColumnSchema): IntegerLimits | undefined {
  let limits = limitsOfColumns.get(column);
  if (limits === undefined) {
    limits = findLimits(column);
    limitsOfColumns.set(column, limits);
  }
  return limits === 'none' ? undefined : limits;
}

function findLimits({ dataType, unsigned }: ColumnSchema): IntegerLimits | 'none' {
  const bits = bitsOf[dataType];
  if (bits === undefined) return 'none';
  if (unsigned) return { min: 0n, max: 2n ** bits - 1n, kind: 'unsigned' };
  return { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n, kind: 'integer' };
}

/** A stored integer as vindexes take it: its digits, without the zeros of ZEROFILL. */
export const integerValue = ({ kind }: IntegerLimits, value: bigint): VindexValue => ({
  kind,
  bytes: Buffer.from(value.toString(), 'latin1'),
});
