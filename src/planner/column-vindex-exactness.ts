/** Whether a column's own equality is that of its vindex: then rows with equal values are on one shard. */
import { unreachable } from '../errors/unreachable.ts';
import type { ColumnSchema } from '../schema/schema.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { columnClass } from './column-values/column-class.ts';

export type VindexExactness = Readonly<{
  exact: boolean;
  /** For people, with the column's name: what makes it exact, or what can be equal and yet on another shard. */
  reason: string;
}>;

/** Whether values that MySQL calls equal under the column's type and collation always have the same keyspace id. */
export function vindexExactness(column: ColumnSchema, columnVindex: ColumnVindex): VindexExactness {
  const { type } = columnVindex.vindex;
  if (type === 'null') return exactly(`${column.name}: all rows have one keyspace id`);
  const why = whyInexact(column, type);
  if (why === undefined)
    return exactly(`equal values of ${column.name} (${column.columnType}) are written in one way`);
  if (columnVindex.canonicalValues) return exactly(`canonical values are promised for ${column.name}`);
  return { exact: false, reason: `${column.name} (${column.columnType}): ${why}` };
}

const exactly = (reason: string): VindexExactness => ({ exact: true, reason });

function whyInexact(column: ColumnSchema, vindexType: string): string | undefined {
  const own = columnClass(column);
  switch (own.kind) {
    case 'text':
      if (own.equality === 'bytes') return undefined;
      if (own.equality === 'loose')
        return `under ${column.collation} strings with different letters can be equal`;
      // These vindexes do not see spaces at the end.
      if (vindexType.startsWith('unicode_loose_')) return undefined;
      return `under ${column.collation} strings are equal that differ in the spaces at their end`;
    case 'other':
      return own.why;
    case 'integer':
    case 'decimal':
    case 'bytes':
    case 'temporal':
    case 'year':
    case 'bit':
    case 'enum':
      return undefined;
    default:
      return unreachable(own);
  }
}
