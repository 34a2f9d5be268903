/** What a column will hold after INSERT of a literal, as vindexes take it: rounded, trimmed and converted by MySQL's rules. */
import type { ColumnSchema } from '../schema/schema.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import { integerLimits, integerValue } from './column-values/integers.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';

export type StoredKey =
  | Readonly<{ kind: 'value'; value: VindexValue }>
  /** MySQL will surely refuse the row, whichever shard gets it. */
  | Readonly<{ kind: 'rejected' }>
  /** What MySQL will store, if anything, is not certain. */
  | Readonly<{ kind: 'unknown'; reason: string }>;

const rejected: StoredKey = Object.freeze({ kind: 'rejected' });

/**
 * The vindex input of the value that MySQL will store. `rejected` holds for tables with transactions and statements without
 * IGNORE; for IGNORE, hand over a `context` whose sql_mode is not strict.
 */
export function storedKey(column: ColumnSchema, literal: LiteralValue, context: ValueContext): StoredKey {
  const isStrict = context.sqlMode.has('STRICT_TRANS_TABLES') || context.sqlMode.has('STRICT_ALL_TABLES');
  if (literal.kind === 'null') {
    if (column.autoIncrement) return unknown('NULL makes MySQL count');
    if (column.nullable) return { kind: 'value', value: { kind: 'null' } };
    return isStrict ? rejected : unknown('NULL may become the default of the type');
  }
  const limits = integerLimits(column);
  if (limits !== undefined && literal.kind === 'integer') {
    if (literal.value === 0n && column.autoIncrement) return unknown('0 makes MySQL count');
    const isWithin = literal.value >= limits.min && literal.value <= limits.max;
    if (isWithin) return { kind: 'value', value: integerValue(limits, literal.value) };
    return isStrict ? rejected : unknown('the number is out of range');
  }
  return unknown(`a ${literal.kind} is stored as ${column.columnType}`);
}

const unknown = (reason: string): StoredKey => ({ kind: 'unknown', reason });
