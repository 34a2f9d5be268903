/** Whether a column's own equality is that of its vindex: then rows with equal values are on one shard. */
import type { ColumnSchema } from '../schema/schema.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { integerLimits } from './column-values/integers.ts';

export type VindexExactness = Readonly<{
  exact: boolean;
  /** For people: `login is varchar(20) …`. */
  reason: string;
}>;

/** Whether values that MySQL calls equal under the column's type and collation always have the same vindex input. */
export function vindexExactness(column: ColumnSchema, columnVindex: ColumnVindex): VindexExactness {
  if (integerLimits(column) !== undefined) return { exact: true, reason: `${column.name} is an integer` };
  if (columnVindex.canonicalValues)
    return { exact: true, reason: `canonical values are promised for ${column.name}` };
  return {
    exact: false,
    reason: `equal values of ${column.name} (${column.columnType}) can be written in several ways`,
  };
}
