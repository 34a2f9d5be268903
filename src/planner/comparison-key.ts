/**
 * By which vindex input the rows of `column = literal` are found. MySQL compares with conversions (`s = 5` finds '5', '05' and
 * '5.0'), and a vindex knows only its input; so a value is told only where all rows that MySQL can find have this one.
 */
import type { ColumnSchema } from '../schema/schema.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { integerLimits, integerValue } from './column-values/integers.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';

export type ComparisonKey =
  /** Every row that matches has exactly this vindex input. */
  | Readonly<{ kind: 'value'; value: VindexValue }>
  /** No row can match. */
  | Readonly<{ kind: 'nothing' }>
  /** Matching rows can have several inputs, or it is not certain which. */
  | Readonly<{ kind: 'scatter'; reason: string }>;

const nothing: ComparisonKey = Object.freeze({ kind: 'nothing' });

/** The vindex input of all rows that `column = literal` can match; also for the elements of IN. */
export function comparisonKey(
  column: ColumnSchema,
  columnVindex: ColumnVindex,
  literal: LiteralValue,
  _context: ValueContext,
): ComparisonKey {
  if (literal.kind === 'null') return nothing;
  if (literal.kind === 'integer') {
    const limits = integerLimits(column);
    if (limits !== undefined) {
      if (literal.value < limits.min || literal.value > limits.max) return nothing;
      return { kind: 'value', value: integerValue(limits, literal.value) };
    }
  }
  if (columnVindex.canonicalValues && literal.kind === 'string') {
    return { kind: 'value', value: { kind: 'text', bytes: literal.bytes } };
  }
  return {
    kind: 'scatter',
    reason: `${column.name} (${column.columnType}) is compared with a ${literal.kind}`,
  };
}
